/** The guides do what they say: each is run as it is written, without a broker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocksOf, runGuide } from './guide.js';
import { GUIDES, readDocument } from './markdown.js';

/** Those that need no broker: all but that of producers, which an integration test runs. */
const RUN = GUIDES.filter((path) => !path.endsWith('/producers.md'));

it.each(RUN)('%s does what it says', { timeout: 120_000 }, async (path) => {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-guide-'));
  try {
    await runGuide(path, { folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(RUN)('%s names each file above the block that is written to it, and shows what is forgotten', (path) => {
  const page = readDocument(path);
  for (const { language, info, line } of blocksOf(path)) {
    if (language === 'sh' || language === 'text') continue;
    const above = page
      .split('\n')
      .slice(0, line - 1)
      .join('\n');
    expect(above, `${path}:${line}`).toContain(`\`${info}\``);
  }
  const shown = blocksOf(path).filter(({ language }) => language === 'text');
  expect(shown.some(({ text }) => /fault|[1-9]\d* failure/.test(text))).toBe(true);
});
