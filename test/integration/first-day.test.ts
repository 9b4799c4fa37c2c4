/** The first day of whoever runs it, as docs/first-day.md tells it: its commands are a script. */
import { it } from 'vitest';
import { runPages } from './harness/run-page.js';

it(
  'goes from the first start to dead letters replayed, an alert, and a rolling upgrade',
  { timeout: 300_000 },
  async () => {
    await runPages([{ path: 'docs/first-day.md' }]);
  },
);
