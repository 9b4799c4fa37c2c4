/** How a command ends that could not do what it was asked. */
import { CommanderError } from 'commander';
import { ConfigError, messageOf } from '../common/errors.js';

/** Prints what went wrong and sets the exit code: 2 for the configuration and for usage, else 1. */
export function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // It has said what was wrong; --help and --version end so too.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.exitCode = error instanceof ConfigError ? 2 : 1;
  process.stderr.write(`${describe(error)}\n`);
}

function describe(error: unknown): string {
  const lines = [messageOf(error)];
  for (
    let cause = (error as Error).cause, depth = 0;
    cause instanceof Error && depth < 4;
    cause = cause.cause, depth += 1
  ) {
    if (!lines.at(-1)!.includes(cause.message)) lines.push(`  because: ${cause.message}`);
  }
  return lines.join('\n');
}
