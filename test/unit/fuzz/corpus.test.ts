/** What the fuzzer found once stays mended: every input of its corpus, played again. */
import { describe, expect, it } from 'vitest';
import { readCorpus, replay } from '../../fuzz/corpus.js';
import { TARGETS } from '../../fuzz/targets/index.js';

describe.each(TARGETS)('the corpus of $name', (target) => {
  const corpus = readCorpus(target.name);

  it('holds inputs that are read and such that are not', () => {
    expect(new Set(corpus.map(({ outcome }) => outcome)).size).toBeGreaterThan(1);
  });

  // An entry marked with `breaks` must break that law still: once it is mended, `npm run fuzz -- --keep` takes the mark off.
  it.each(corpus.map((entry, index) => ({ index, ...entry })))(
    'holds: $index $why',
    async ({ input, outcome, breaks }) => {
      expect(await replay(target, input)).toEqual(breaks === undefined ? { outcome } : { outcome, breaks });
    },
  );
});
