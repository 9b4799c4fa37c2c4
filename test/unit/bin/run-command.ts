/** Runs a command line in this process. */
import { vi } from 'vitest';
import { createProgram } from '../../../bin/program.js';

/** What it wrote to standard output, and the exit code that it set. Rejects with what it throws. */
export async function runCommand(
  ...args: readonly string[]
): Promise<{ readonly lines: string[]; readonly code: number }> {
  const written: string[] = [];
  const { exitCode } = process;
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await createProgram().parseAsync(['node', 'notification-streams', ...args]);
    return { lines: written.join('').split('\n').slice(0, -1), code: Number(process.exitCode ?? 0) };
  } finally {
    write.mockRestore();
    process.exitCode = exitCode;
  }
}
