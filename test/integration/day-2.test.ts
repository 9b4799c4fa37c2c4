/** The pages for a day 2, one after the other, on a worker that was started as on the first day. */
import { it } from 'vitest';
import { runPages } from './harness/run-page.js';

const PAGES = ['upgrade', 'scale', 'erase-a-person', 'reset-offsets', 'disaster', 'move-cluster'];

it('does what the pages for a day 2 say', { timeout: 300_000 }, async () => {
  await runPages([
    { path: 'docs/first-day.md', upTo: '## 4. Somebody who watches' },
    ...PAGES.map((name) => ({ path: `docs/day-2/${name}.md` })),
  ]);
});
