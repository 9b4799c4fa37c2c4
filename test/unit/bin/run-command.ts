/** Runs a command line in this process. */
import { vi } from 'vitest';
import { fail } from '../../../bin/fail.js';
import { createProgram } from '../../../bin/program.js';
import { ConfigError } from '../../../common/errors.js';

/** What it wrote to standard output, and the exit code that it set. Rejects with what it throws. */
export async function runCommand(
  ...args: readonly string[]
): Promise<{ readonly lines: string[]; readonly code: number }> {
  const out = captured(process.stdout);
  const { exitCode } = process;
  try {
    await (await createProgram(args)).parseAsync(['node', 'notification-streams', ...args]);
    return { lines: out.lines(), code: Number(process.exitCode ?? 0) };
  } finally {
    out.end();
    process.exitCode = exitCode;
  }
}

/** Those that it refuses to run with, which the test expects. */
export async function faultsOfCommand(...args: readonly string[]): Promise<readonly string[]> {
  const error: unknown = await runCommand(...args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error('the command was expected to find faults', { cause: error });
  return error.faults;
}

/** As the whole program ends: what it wrote to either, and its exit code. */
export async function runToEnd(
  ...args: readonly string[]
): Promise<{ readonly lines: string[]; readonly errors: string[]; readonly code: number }> {
  const [out, err] = [captured(process.stdout), captured(process.stderr)];
  const { exitCode } = process;
  try {
    await (await createProgram(args)).parseAsync(['node', 'notification-streams', ...args]);
  } catch (error) {
    fail(error);
  } finally {
    out.end();
    err.end();
  }
  const code = Number(process.exitCode ?? 0);
  process.exitCode = exitCode;
  return { lines: out.lines(), errors: err.lines(), code };
}

function captured(stream: NodeJS.WriteStream): { lines(): string[]; end(): void } {
  const written: string[] = [];
  const write = vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  return { lines: () => written.join('').split('\n').slice(0, -1), end: () => write.mockRestore() };
}
