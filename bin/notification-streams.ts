#!/usr/bin/env node
/** Runs the command line. Exit codes: docs/commands.md. */
import { endWithReader } from './broken-pipe.js';
import { fail } from './fail.js';
import { endAtInterrupt } from './interrupt.js';
import { createProgram } from './program.js';

endWithReader();
endAtInterrupt();
try {
  await (await createProgram(process.argv)).parseAsync();
} catch (error) {
  fail(error);
}
