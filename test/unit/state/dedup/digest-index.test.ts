import type { Digest } from '../../../../state/dedup/digest-bytes.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packDigests } from '../../../../state/dedup/digest-bytes.js';
import { DigestIndex } from '../../../../state/dedup/digest-index.js';
import { cheapDigest, digestOf as digest } from '../../../digests.js';

/** Regions for each place that is given up, as the store has them swept for each segment that it opens. */
const SWEPT = 16;

/** Digests by place, as the segments on the disk would hold them, beside the index under test. */
class Filled {
  readonly index: DigestIndex;
  readonly places = new Map<number, readonly Digest[]>();

  constructor(index = new DigestIndex()) {
    this.index = index;
  }

  add(digests: readonly Digest[]): void {
    const place = this.index.open();
    expect(this.places.has(place)).toBe(false);
    this.places.set(place, digests);
    // One by one and many at a time: what one has put, the other must find.
    const half = Math.floor(digests.length / 2);
    this.index.add(packDigests(digests.slice(0, half)), place);
    this.index.addAll(packDigests(digests.slice(half)), place);
  }

  giveUp(ordinal: number): void {
    const place = [...this.places.keys()][ordinal % this.places.size];
    if (place !== undefined) this.giveUpPlace(place);
  }

  giveUpOldest(): void {
    const [place] = this.places.keys();
    this.giveUpPlace(place!);
  }

  giveUpPlace(place: number): void {
    this.index.giveUp(place);
    this.index.sweep(SWEPT);
    this.places.delete(place);
  }

  candidates(wanted: Digest): number[] {
    const found: number[] = [];
    this.index.settle();
    this.index.lookUp(wanted, (place) => found.push(place));
    return found;
  }

  get bytes(): number {
    this.index.settle();
    return this.index.bytes;
  }

  bytesPerDigest(): number {
    return this.bytes / this.index.size;
  }
}

describe('DigestIndex', () => {
  it('names every place in which a digest lies, and none that was given up, whatever came and went', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 120 }) }) },
      { weight: 2, arbitrary: fc.record({ giveUp: fc.nat() }) },
    );
    // Entries get their fourth byte at the start, on the way, or never.
    const wideLevel = fc.constantFrom(4, 5, 6, 18);
    const expected = fc.constantFrom(0, 3000);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250, size: 'max' }), wideLevel, expected, (steps, wide, many) => {
        const filled = new Filled(new DigestIndex(many, wide));
        for (const one of steps) {
          if ('add' in one) filled.add(one.add.map((n) => digest(n)));
          else filled.giveUp(one.giveUp);
        }
        for (const [place, digests] of filled.places)
          for (const one of digests) if (!filled.candidates(one).includes(place)) expect.fail(`${place} is lost`);
        for (let n = 0; n < 5000; n += 50)
          for (const place of filled.candidates(digest(n))) expect(filled.places.has(place)).toBe(true);
        expect(filled.index.size).toBe([...filled.places.values()].reduce((sum, { length }) => sum + length, 0));
      }),
      { numRuns: 60 },
    );
  });

  it('finds a digest in as many places as it lies in', () => {
    const filled = new Filled();
    for (let round = 0; round < 200; round += 1) filled.add([digest(1)]);
    expect(new Set(filled.candidates(digest(1)))).toEqual(new Set(filled.places.keys()));
    for (let round = 0; round < 190; round += 1) filled.giveUpOldest();
    expect(new Set(filled.candidates(digest(1)))).toEqual(new Set(filled.places.keys()));
    for (let round = 0; round < 100; round += 1) filled.add([digest(2 + round)]);
    expect(filled.candidates(digest(1))).toHaveLength(10);
  });

  it('takes at most four bytes a digest while it grows to a million, and while as much goes as comes', () => {
    const filled = new Filled();
    const perDigest: number[] = [];
    const come = (from: number): void => {
      filled.add(Array.from({ length: 120 }, (_, i) => cheapDigest(from + i)));
      if (filled.index.size >= 100_000 && from % 2400 === 0) perDigest.push(filled.bytesPerDigest());
    };
    for (let from = 0; from < 1_000_000; from += 120) come(from);
    expect(perDigest.reduce((sum, one) => sum + one, 0) / perDigest.length).toBeLessThan(4);
    expect(Math.max(...perDigest)).toBeLessThan(5);
    expect(filled.bytesPerDigest()).toBeLessThan(4);
    for (let from = 1_000_000; from < 1_500_000; from += 120) {
      filled.giveUpOldest();
      come(from);
    }
    expect(filled.bytesPerDigest()).toBeLessThan(4);
  });

  it.each([
    ['three bytes', 18],
    ['four bytes from some size on', 10],
  ])('seldom names a place for a digest that was never added: entries of %s', (_, wideLevel) => {
    const filled = new Filled(new DigestIndex(0, wideLevel));
    for (let from = 0; from < 240_000; from += 120)
      filled.add(Array.from({ length: 120 }, (_, i) => cheapDigest(from + i)));
    let named = 0;
    for (let n = 1_000_000; n < 1_200_000; n += 1) named += filled.candidates(cheapDigest(n)).length;
    expect(named / 200_000).toBeLessThan(0.001);
  });

  it('does not grow while as much goes as comes, and uses places again', () => {
    const filled = new Filled();
    const come = (from: number): void => filled.add(Array.from({ length: 100 }, (_, i) => digest(from * 100 + i)));
    for (let round = 0; round < 100; round += 1) come(round);
    const before = filled.bytes;
    for (let round = 100; round < 1500; round += 1) {
      filled.giveUpOldest();
      come(round);
    }
    expect(filled.index.size).toBe(10_000);
    expect(filled.bytes).toBeLessThanOrEqual(2 * before);
    expect(Math.max(...filled.places.keys())).toBeLessThan(200);
  });

  it('begins with regions for as many as are expected, in no more memory than if it had grown', () => {
    const laidOut = new Filled(new DigestIndex(300_000));
    const grown = new Filled();
    for (let from = 0; from < 300_000; from += 120) {
      const digests = Array.from({ length: 120 }, (_, i) => cheapDigest(from + i));
      laidOut.add(digests);
      grown.add(digests);
    }
    expect(laidOut.bytes).toBeLessThan(1.1 * grown.bytes);
  });
});
