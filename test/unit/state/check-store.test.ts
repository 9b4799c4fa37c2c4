import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkStore, type StoreVerdict } from '../../../state/check-store.js';
import { packDigests } from '../../../state/dedup/digest-bytes.js';
import { StoreDamagedError } from '../../../common/errors.js';
import { TaskStore } from '../../../state/dedup/task-store.js';
import { claimIdentity } from '../../../state/lmdb/identity.js';
import { digestOf } from '../../digests.js';
import { answersOf, commitTo, fillState, IDENTITY, SHAPE, temporaryFolder } from './filled-state.js';
import { temporaryState } from './temporary-state.js';

/**
 * A process is started for each store that is looked at, on a machine that may be busy. LMDB may overwrite that process's memory,
 * of which most die and few hang: these are ended after 120 s.
 */
const SLOW = { timeout: 240_000 };
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
const verdict = (folder = directory): Promise<StoreVerdict> => checkStore(folder, IDENTITY);

async function damage(folder = directory): Promise<string> {
  const found = await verdict(folder);
  return found.kind === 'damaged' ? found.why : `not damaged but ${found.kind}`;
}

/** The same of many stores, two at a time. */
async function forEachOf<T>(cases: readonly T[], look: (one: T, folder: string) => Promise<void>): Promise<void> {
  const left = [...cases];
  const lookOn = async (name: string): Promise<void> => {
    const folder = join(directory, name);
    mkdirSync(folder);
    for (let one = left.shift(); one !== undefined; one = left.shift()) await look(one, folder);
  };
  await Promise.all([lookOn('one'), lookOn('other')]);
}

describe('a store that is checked', SLOW, () => {
  it('is sound as a worker leaves it, and not a byte of it is changed', async () => {
    const before = readFileSync(file);
    expect(await verdict()).toEqual({ kind: 'sound' });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is sound whatever was added and expired', async () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 60_000 }), fc.nat({ max: 600 })), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { environment, directory: folder } = temporaryState();
        await claimIdentity(environment, IDENTITY);
        const store = new TaskStore(environment, 0, SHAPE);
        let [streamTime, next] = [0, 0];
        for (const [offset, [ahead, count]] of list.entries()) {
          streamTime += ahead;
          const events = Array.from({ length: count }, () => (next += 1));
          await commitTo(store, offset, events, streamTime);
        }
        await environment.close();
        expect(await verdict(folder)).toEqual({ kind: 'sound' });
      }),
      { numRuns: 5 },
    );
  });

  it('is damaged when it is empty, short, or something else', async () => {
    const cases = [
      [Buffer.alloc(0), 'the file of 0 bytes does not begin'],
      [Buffer.alloc(100), 'does not begin as an LMDB file does'],
      [Buffer.alloc(PAGE * 3), 'does not begin as an LMDB file does'],
      [Buffer.from('SQLite format 3\0'.repeat(1000)), 'does not begin as an LMDB file does'],
      [randomBytes(PAGE * 5), 'does not begin as an LMDB file does'],
      [readFileSync(file).subarray(0, PAGE + 100), 'is not as that of an LMDB file'],
    ] as const;
    await forEachOf(cases, async ([bytes, why], folder) => {
      writeFileSync(join(folder, 'data.mdb'), bytes);
      expect(await damage(folder)).toContain(why);
    });
  });

  it('is damaged wherever it was cut off', async () => {
    const whole = readFileSync(file);
    const pages = pagesOf(file);
    expect(pages).toBeGreaterThan(50);
    const lengths = Array.from({ length: 9 }, (_, index) => 2 + index * Math.floor(pages / 10));
    await forEachOf(lengths, async (length, folder) => {
      writeFileSync(join(folder, 'data.mdb'), whole);
      truncateSync(join(folder, 'data.mdb'), length * PAGE - 1);
      expect(await damage(folder), `${length} pages`).toMatch(/cut off|LMDB file|died of/);
    });
  });

  it('is damaged when a meta page is overwritten', async () => {
    const whole = readFileSync(file);
    for (const at of [0, PAGE]) {
      writeFileSync(file, whole);
      overwrite(file, at, randomBytes(PAGE));
      expect(await damage()).toMatch(/LMDB file|page size/);
    }
  });

  it('of a newer LMDB is told from a damaged one, and an older one is restored', async () => {
    const nameVersion = (version: number): void => {
      for (const at of [0, PAGE]) overwrite(file, at + 28, Buffer.from([version, 0, 0, 0]));
    };
    nameVersion(3);
    expect(await verdict()).toEqual({ kind: 'newer', version: 3 });
    nameVersion(1);
    expect(await damage()).toContain('data format 1');
  });

  it('gives no wrong answer, whichever page is overwritten: it is damaged, or what is read is', async () => {
    const whole = readFileSync(file);
    const answers = await answersOf(directory);
    const counts = { found: 0, whenRead: 0, unused: 0 };
    const cases = [randomBytes(PAGE), whole.subarray(2 * PAGE, 3 * PAGE)].flatMap((garbage) =>
      Array.from({ length: 10 }, (_, index) => ({ garbage, page: 2 + index * Math.floor(pagesOf(file) / 10) })),
    );
    await forEachOf(cases, async ({ garbage, page }, folder) => {
      if (whole.subarray(page * PAGE, (page + 1) * PAGE).equals(garbage)) return;
      writeFileSync(join(folder, 'data.mdb'), whole);
      overwrite(join(folder, 'data.mdb'), page * PAGE, garbage);
      if ((await verdict(folder)).kind === 'damaged') {
        counts.found += 1;
        return;
      }
      try {
        expect(await answersOf(folder), `page ${page}`).toBe(answers);
        counts.unused += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(StoreDamagedError);
        counts.whenRead += 1;
      }
    });
    expect(counts.found).toBeGreaterThan(5);
  });

  it.each([
    ['of a digest', packDigests([digestOf(19_001)])],
    ['of what is known of a user', Buffer.from('a@example.com')],
  ])('is damaged when a bit %s is flipped, and no answer is wrong', async (_, needle) => {
    const bytes = readFileSync(file);
    const places = [];
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) places.push(at);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) overwrite(file, at, Buffer.from([bytes[at]! ^ 4]));
    expect(await damage()).toContain('has a wrong checksum');
    await expect(answersOf(directory)).rejects.toThrow(StoreDamagedError);
  });

  it.each([
    ['the size of a key', (node: number) => node + 6, 0x7fff],
    ['the size of a value', (node: number) => node + 2, 0x00ff],
    ['where an entry is', () => 24, 0x0001],
    ['how many entries there are', () => 20, 0x0fff],
  ])('is damaged when its pages say wrongly %s', async (_, placeOf, value) => {
    const bytes = readFileSync(file);
    for (let page = 2 * PAGE; page < bytes.length; page += PAGE) {
      const isLeaf = bytes.readUInt16LE(page + 18) === 2 && bytes.readUInt16LE(page + 20) >= 8;
      if (isLeaf) bytes.writeUInt16LE(value, page + placeOf(bytes.readUInt16LE(page + 24) + 24));
    }
    writeFileSync(file, bytes);
    expect(await damage()).not.toContain('not damaged');
  });
});

describe('the process that checks a store', SLOW, () => {
  it('inherits nothing of our environment, secrets least of all', async () => {
    vi.stubEnv('NODE_OPTIONS', '--import data:text/javascript,process.exit(7)');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await verdict()).toEqual({ kind: 'sound' });
  });

  it('says nothing of the store when it cannot be started', async () => {
    const { execPath } = process;
    onTestFinished(() => void (process.execPath = execPath));
    process.execPath = join(directory, 'none');
    expect(await verdict()).toEqual({ kind: 'unchecked', why: expect.stringContaining('ENOENT') as string });
  });

  it('is ended when it comes no further, and the store is taken for damaged', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const found = damage();
    vi.advanceTimersByTime(119_000);
    vi.advanceTimersByTime(1000);
    expect(await found).toBe('reading it came no further for 120 s');
  });

  it('is ended with the start that waits for it', async () => {
    const stop = new AbortController();
    const checked = checkStore(directory, IDENTITY, stop.signal);
    stop.abort(new Error('the worker stops'));
    await expect(checked).rejects.toThrow('the worker stops');
  });
});
