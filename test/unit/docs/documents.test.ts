/** The documents name what there is: metrics, parts of readiness, dead-letter reasons, tests, and files that exist. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEAD_LETTER_REASONS } from '../../../common/label-values.js';
import { PARTS } from '../../../common/readiness.js';
import { TARGETS } from '../../fuzz/targets/index.js';
import { anchorsOf, DOCUMENTS, itemsOf, readDocument, root, section } from './markdown.js';

/** The names in backticks with which items begin. */
const namesIn = (text: string): string[] => itemsOf(text).flatMap((item) => /^- `([^`]+)`/.exec(item)?.[1] ?? []);

describe('the documents', () => {
  it('list every part of readiness and every dead-letter reason', () => {
    expect(namesIn(section('docs/operations.md', '## Readiness')).sort()).toEqual([...PARTS].sort());
    expect(namesIn(section('docs/contract.md', '## Dead letters'))).toEqual([...DEAD_LETTER_REASONS]);
  });

  it('name a test that there is in every item of docs/security.md, and every target of the fuzzer', () => {
    const items = itemsOf(section('docs/security.md', '## Who, what, and what stops it'));
    expect(items.length).toBeGreaterThan(25);
    // Links are checked below; what they lead to must be a test, the fuzzer's, or the page of packages.
    const proof = /Shown by .*\]\((\.\.\/test\/(unit|contract|model|integration|fuzz)\/|third-party)/;
    expect(items.filter((item) => !proof.test(item))).toEqual([]);
    for (const { name } of TARGETS)
      expect(readDocument('docs/security.md')).toContain(`../test/fuzz/targets/${name}.ts`);
  });

  it.each(DOCUMENTS)('link only to files and headings that exist: %s', (path) => {
    const links = [...readDocument(path).matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)];
    const missing = links.filter(([, file = '', anchor]) => {
      const target = file === '' ? path : relative(root, resolve(root, dirname(path), file));
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).has(anchor));
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  it('are all named in docs/README.md', () => {
    const pages = DOCUMENTS.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');
    const index = readDocument('docs/README.md');
    expect(pages.filter((path) => !index.includes(`](${path.slice('docs/'.length)})`))).toEqual([]);
  });
});
