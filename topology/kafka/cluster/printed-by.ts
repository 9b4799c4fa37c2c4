/** Runs a program for what it prints, within bounds that hold also for what it starts itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const MOST_BYTES = 64 * 1024;
/** For what is in its pipes when it has ended. Their end is not waited for: what runs on behind it may hold them open for good. */
const GRACE_MS = 100;

/** Starts it without a shell. Rejects with an Error when it cannot be started, fails, prints too much or takes longer than `mostMs`. */
export async function printedBy(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  mostMs: number,
): Promise<string> {
  // The leader of a process group: a script is killed with the programs that it waits for.
  // Without a descriptor for them it has no streams, and says so by an error later.
  const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let [output, complaint] = ['', ''];
  let fault: string | undefined;
  const stop = (why: string): void => {
    fault ??= why;
    killGroup(child);
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.length > MOST_BYTES) stop(`it printed more than ${MOST_BYTES} characters`);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(0, 1000)));
  const bound = setTimeout(stop, mostMs, `it was ended after ${mostMs} ms`);
  const leave = (): void => killGroup(child);
  process.once('exit', leave);
  try {
    const closed = new Promise((resolve) => child.once('close', resolve));
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    clearTimeout(bound);
    await Promise.race([closed, grace()]);
    if (code !== 0) fault ??= `it ended with code ${String(code ?? signal)}`;
    if (fault === undefined) return output;
    throw new Error(complaint === '' ? fault : `${fault}: ${withoutTokens(complaint)}`);
  } finally {
    clearTimeout(bound);
    process.removeListener('exit', leave);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** Its end lies behind a turn of the event loop that reads, however late the timer comes. */
async function grace(): Promise<void> {
  await pause(GRACE_MS);
  await new Promise(setImmediate);
}

/** While it runs: later the number of its group may be another's. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, and we will hear of it.
  }
}

/** A program may say in its complaint what it was about to print. */
function withoutTokens(complaint: string): string {
  return complaint.replace(/[\w\-.~+/=]{40,}/g, '***').trim();
}
