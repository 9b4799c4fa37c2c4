#!/usr/bin/env node
/** Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong configuration or usage. */
import { CommanderError } from 'commander';
import { endWithReader } from './broken-pipe.js';
import { fail } from './fail.js';
import { createProgram } from './program.js';

endWithReader();
try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else fail(error);
}
