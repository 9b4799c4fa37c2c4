import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkDataFile } from '../../../../state/lmdb/data-file.js';
import { packDigests } from '../../../../state/dedup/digest-bytes.js';
import { StoreDamagedError } from '../../../../common/errors.js';
import { TaskStore } from '../../../../state/dedup/task-store.js';
import { digestOf } from '../../../digests.js';
import { answersOf, commitTo, fillState, SHAPE, temporaryFolder } from '../filled-state.js';
import { temporaryState } from '../temporary-state.js';

const PAGE = 4096;
let directory: string;
let file: string;
beforeEach(async () => {
  directory = temporaryFolder();
  file = join(directory, 'data.mdb');
  await fillState(directory);
});

function overwrite(path: string, at: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

const pagesOf = (path: string): number => readFileSync(path).length / PAGE;

async function damage(): Promise<string> {
  const verdict = await checkDataFile(file);
  return verdict.kind === 'damaged' ? verdict.why : `not damaged but ${verdict.kind}`;
}

describe("LMDB's data file", () => {
  it('is sound as a worker leaves it', async () => {
    expect(await checkDataFile(file)).toMatchObject({ kind: 'sound' });
    expect(await checkDataFile(join(directory, 'none'))).toEqual({ kind: 'absent' });
  });

  it('is sound after every commit, whatever was added and expired', { timeout: 60_000 }, async () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 60_000 }), fc.nat({ max: 600 })), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { environment, directory: folder } = temporaryState();
        const store = new TaskStore(environment, 0, SHAPE);
        let [streamTime, next] = [0, 0];
        for (const [offset, [ahead, count]] of list.entries()) {
          streamTime += ahead;
          const events = Array.from({ length: count }, () => (next += 1));
          await commitTo(store, offset, events, streamTime);
          expect(await checkDataFile(join(folder, 'data.mdb'))).toMatchObject({ kind: 'sound' });
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is damaged when it is empty, short, or something else', async () => {
    for (const [bytes, why] of [
      [Buffer.alloc(0), 'the file has 0 bytes'],
      [Buffer.alloc(100), 'the file has 100 bytes'],
      [Buffer.alloc(PAGE * 3), 'does not begin as an LMDB file does'],
      [Buffer.from('SQLite format 3\0'.repeat(1000)), 'does not begin as an LMDB file does'],
      [randomBytes(PAGE * 5), 'does not begin as an LMDB file does'],
      [readFileSync(file).subarray(0, PAGE + 100), 'fewer than its two meta pages'],
    ] as const) {
      writeFileSync(file, bytes);
      expect(await damage()).toContain(why);
    }
  });

  it('is damaged wherever it was cut off', async () => {
    const whole = readFileSync(file);
    for (let pages = pagesOf(file) - 1; pages >= 2; pages -= 1) {
      truncateSync(file, pages * PAGE - 1);
      expect(await damage(), `${pages} pages`).toMatch(/cut off|fewer/);
    }
    expect(whole.length).toBeGreaterThan(50 * PAGE);
  });

  it('is damaged when a meta page is overwritten', async () => {
    const whole = readFileSync(file);
    for (const at of [0, PAGE]) {
      writeFileSync(file, whole);
      overwrite(file, at, randomBytes(PAGE));
      expect(await damage()).toMatch(/LMDB file|meta page/);
    }
  });

  it('of a newer LMDB is told from a damaged one', async () => {
    for (const at of [0, PAGE]) overwrite(file, at + 28, Buffer.from([3, 0, 0, 0]));
    expect(await checkDataFile(file)).toEqual({ kind: 'newer', version: 3 });
  });

  it(
    'gives no wrong answer, whichever page is overwritten: it is damaged, or what is read is',
    { timeout: 120_000 },
    async () => {
      const whole = readFileSync(file);
      const answers = await answersOf(directory);
      const copy = join(directory, 'copy');
      mkdirSync(copy);
      const counts = { found: 0, whenRead: 0, unused: 0 };
      for (const garbage of [randomBytes(PAGE), whole.subarray(2 * PAGE, 3 * PAGE)]) {
        for (let page = 2; page < pagesOf(file); page += 1) {
          if (whole.subarray(page * PAGE, (page + 1) * PAGE).equals(garbage)) continue;
          copyFileSync(file, join(copy, 'data.mdb'));
          overwrite(join(copy, 'data.mdb'), page * PAGE, garbage);
          if ((await checkDataFile(join(copy, 'data.mdb'))).kind === 'damaged') {
            counts.found += 1;
            continue;
          }
          try {
            expect(await answersOf(copy), `page ${page}`).toBe(answers);
            counts.unused += 1;
          } catch (error) {
            expect(error).toBeInstanceOf(StoreDamagedError);
            counts.whenRead += 1;
          }
        }
      }
      expect(counts.found).toBeGreaterThan(2 * 20);
      expect(counts.unused).toBeGreaterThan(0);
    },
  );

  it.each([
    ['of a digest', packDigests([digestOf(19_001)])],
    ['of what is known of a user', Buffer.from('a@example.com')],
  ])('is sound to LMDB when a bit %s is flipped, and no answer is wrong', async (_, needle) => {
    const bytes = readFileSync(file);
    const places = [];
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) places.push(at);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) overwrite(file, at, Buffer.from([bytes[at]! ^ 4]));
    expect(await checkDataFile(file)).toMatchObject({ kind: 'sound' });
    await expect(answersOf(directory)).rejects.toThrow(StoreDamagedError);
  });

  it('is damaged when keys, sizes or references in a page are', async () => {
    const whole = readFileSync(file);
    let found = 0;
    for (let page = 2; page < pagesOf(file); page += 1) {
      const bytes = Buffer.from(whole.subarray(page * PAGE, (page + 1) * PAGE));
      if (bytes.readUInt16LE(18) !== 2 || bytes.readUInt16LE(20) < 8) continue;
      const node = bytes.readUInt16LE(24) + 24;
      for (const [at, value] of [
        [node + 6, 0x7fff], // the size of a key
        [node + 2, 0x00ff], // the size of a value
        [24, 0x0001], // where a node is
        [20, 0x0fff], // how many there are
      ] as const) {
        const broken = Buffer.from(bytes);
        broken.writeUInt16LE(value, at);
        writeFileSync(file, whole);
        overwrite(file, page * PAGE, broken);
        if ((await checkDataFile(file)).kind === 'damaged') found += 1;
      }
    }
    expect(found).toBeGreaterThan(20); // the others are in pages that are not in use
  });
});
