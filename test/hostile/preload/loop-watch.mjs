/**
 * Watches the event loop of a worker from inside: how often it came round, and the most CPU time that its thread spent
 * between two of its turns. CPU time, since a machine that is busy with something else would make any time on the wall long.
 * Says so on SIGUSR2, and begins again.
 */
import { readFileSync } from 'node:fs';

const TICK_MS = 5;
const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

const cpuMs = () => Number(readFileSync(SCHEDSTAT, 'ascii').split(' ', 1)[0]) / 1e6;

let turns = 0;
let longestMs = 0;
let last = cpuMs();
setInterval(() => {
  const now = cpuMs();
  longestMs = Math.max(longestMs, now - last);
  last = now;
  turns += 1;
}, TICK_MS).unref();

process.on('SIGUSR2', () => {
  process.stdout.write(`${JSON.stringify({ msg: 'loop', turns, longestMs: Math.round(longestMs) })}\n`);
  turns = 0;
  longestMs = 0;
});
