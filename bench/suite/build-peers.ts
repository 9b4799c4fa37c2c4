/** Builds the peers from what the project holds; the outputs stay beside them, ignored by git. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../../common/errors.js';
import { BUILDS, folderOf, type System } from './contenders.js';

const run = promisify(execFile);
const BUILD_MS = 15 * 60_000;

/** Resolves with those that could be built; of the others, `say` is told why not. */
export async function buildPeers(
  peers: readonly System[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<System[]> {
  const built: System[] = [];
  for (const peer of peers) {
    say(`building ${peer} ...`);
    try {
      for (const { program, args } of BUILDS[peer]) {
        await run(program, args, { cwd: folderOf(peer), timeout: BUILD_MS, signal });
      }
      built.push(peer);
    } catch (error) {
      signal.throwIfAborted();
      const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
      say(`${peer} cannot be built: ${(stderr || stdout).trim().slice(-1500) || messageOf(error)}`);
    }
  }
  return built;
}
