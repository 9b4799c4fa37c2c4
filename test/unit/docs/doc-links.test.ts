/** Lines of the log that have a page: they are still logged, and the page still has that heading. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { docOf, DOCUMENTED_LINES } from '../../../common/doc-links.js';
import { anchorsOf, root } from './markdown.js';

const SOURCES = ['common', 'schemas', 'state', 'gateway', 'topology', 'bin']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.ts') && path !== 'common/doc-links.ts')
  .map((path) => readFileSync(join(root, path), 'utf8'));

/** Said with the name of the setting in front. */
const isLogged = (line: string): boolean =>
  SOURCES.some((text) => text.includes(line.replace(/^(?:max\.message\.bytes|cleanup\.policy)/, '${setting}')));

describe('a line of the log that has a page', () => {
  it('is logged somewhere, in these words', () => {
    expect([...DOCUMENTED_LINES.keys()].filter((line) => !isLogged(line))).toEqual([]);
  });

  it('leads to a heading that there is', () => {
    const isThere = (link: string): boolean => {
      const [page, anchor] = link.split('#') as [string, string];
      return anchorsOf(page).has(anchor);
    };
    expect([...DOCUMENTED_LINES.values()].filter((link) => !isThere(link))).toEqual([]);
  });

  it('is known by the first clause of its message', () => {
    expect(docOf('the disk of STATE_DIR is full: its tasks stand still')).toBe('docs/operations.md#a-full-disk');
    expect(docOf('max.message.bytes cannot be asked for: taken to be the default')).toBe('docs/operations.md#rights');
    expect(docOf('started')).toBeUndefined();
  });
});
