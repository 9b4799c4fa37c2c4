// Imported before a worker: its Date.now() is off by what CLOCK_FILE says (ms), read again on SIGUSR2.
import { readFileSync } from 'node:fs';

const real = Date.now;
let offset = 0;
process.on('SIGUSR2', () => {
  offset = Number(readFileSync(process.env['CLOCK_FILE'], 'utf8'));
});
Date.now = () => real() + offset;
