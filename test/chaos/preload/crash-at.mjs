// Imported before a worker: makes it die, as by SIGKILL, when it passes a gap for the n-th time (CRASH_AT=gap:n).
import { writeSync } from 'node:fs';
import { onCrashPoint } from '../../../dist/common/crash-point.js';

const [gap, times] = (process.env['CRASH_AT'] ?? '').split(':');
let left = Number(times ?? 1);

onCrashPoint((point) => {
  if (point !== gap || (left -= 1) > 0) return;
  writeSync(2, `crash at ${gap}\n`);
  process.kill(process.pid, 'SIGKILL');
});
