import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigestIndex } from '../../../state/digest-index.js';

const digest = (n: number): string => createHash('sha256').update(String(n)).digest().toString('latin1', 0, 16);

/** Digests by place, as the segments on the disk would hold them, beside the index under test. */
class Filled {
  readonly index = new DigestIndex();
  readonly places = new Map<number, string[]>();

  add(digests: readonly string[]): void {
    const place = this.index.open();
    expect(this.places.has(place)).toBe(false);
    this.places.set(place, [...digests]);
    for (const one of digests) this.index.add(one, place);
    this.index.makeRoom(digests.length, (of) => this.places.get(of)!);
  }

  giveUp(nth: number): void {
    const place = [...this.places.keys()][nth % this.places.size];
    if (place === undefined) return;
    this.index.giveUp(place);
    this.places.delete(place);
  }

  candidates(of: string): number[] {
    const found: number[] = [];
    this.index.lookUp(of, (place) => found.push(place));
    return found;
  }
}

describe('DigestIndex', () => {
  it('names every place in which a digest lies, and none that was given up, whatever came and went', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 120 }) }) },
      { weight: 2, arbitrary: fc.record({ giveUp: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const of = new Filled();
        for (const one of steps) {
          if ('add' in one) of.add(one.add.map(digest));
          else of.giveUp(one.giveUp);
        }
        for (const [place, digests] of of.places)
          for (const one of digests) expect(of.candidates(one)).toContain(place);
        for (let n = 0; n < 5000; n += 50)
          for (const place of of.candidates(digest(n))) expect(of.places.has(place)).toBe(true);
        expect(of.index.size).toBe([...of.places.values()].reduce((sum, { length }) => sum + length, 0));
      }),
      { numRuns: 60 },
    );
  });

  it('is laid out at once for as many as are expected, and moves what it has only then', () => {
    let moved = 0;
    const index = new DigestIndex();
    index.expect(50_000);
    const places = new Map<number, string[]>();
    for (let from = 0; from < 50_000; from += 100) {
      const place = index.open();
      const digests = Array.from({ length: 100 }, (_, i) => digest(from + i));
      places.set(place, digests);
      for (const one of digests) index.add(one, place);
      index.makeRoom(digests.length, (of) => {
        moved += places.get(of)!.length;
        return places.get(of)!;
      });
    }
    expect(moved).toBeLessThan(2000);
    expect(index.bytes).toBeLessThan(50_000 * 7);
    for (const [place, digests] of places) {
      const found: number[] = [];
      index.lookUp(digests[7]!, (one) => found.push(one));
      expect(found).toContain(place);
    }
  });

  it('takes less than seven bytes a digest, and seldom names a place for one that was never added', () => {
    const of = new Filled();
    for (let from = 0; from < 120_000; from += 120) of.add(Array.from({ length: 120 }, (_, i) => digest(from + i)));
    let named = 0;
    for (let n = 200_000; n < 250_000; n += 1) named += of.candidates(digest(n)).length;
    expect(named / 50_000).toBeLessThan(0.02);
    expect(of.index.bytes / of.index.size).toBeLessThan(7);
  });

  it('does not grow while as much goes as comes', () => {
    const of = new Filled();
    const come = (from: number): void => of.add(Array.from({ length: 100 }, (_, i) => digest(from * 100 + i)));
    for (let round = 0; round < 100; round += 1) come(round);
    const before = of.index.bytes;
    for (let round = 100; round < 1500; round += 1) {
      of.giveUp(0);
      come(round);
    }
    expect(of.index.size).toBe(10_000);
    expect(of.index.bytes).toBeLessThanOrEqual(2 * before);
    expect(Math.max(...of.places.keys())).toBeLessThan(400);
  });
});
