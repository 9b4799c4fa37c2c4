/** A disk that is full, for real: a tmpfs of a few MiB. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateEnvironment } from '../../../../state/lmdb/environment.js';
import { MemberMemory } from '../../../../state/member-memory.js';
import { openState } from '../../../../state/open-state.js';
import { FreeSpace } from '../../../../state/lmdb/free-space.js';
import { TaskStore } from '../../../../state/dedup/task-store.js';
import { StoreFullError } from '../../../../common/errors.js';
import { mountSmallDisk, whyNoSmallDisk, type SmallDisk } from '../../../small-disk.js';
import { digestOf as digest } from '../../../digests.js';
import { commitTo, IDENTITY, SHAPE } from '../filled-state.js';

const why = whyNoSmallDisk();
if (why !== undefined) process.stderr.write(`skipped, the tests of a full disk: ${why}\n`);

const SLOW = { timeout: 60_000 };
const stop = new AbortController();
let disk: SmallDisk;
let space: FreeSpace;
let directory: string;
let logged: { readonly level: number; readonly msg: string }[];
let environment: StateEnvironment | undefined;

/** Opens the state as a worker does. */
async function opened(): Promise<StateEnvironment> {
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line) as (typeof logged)[number]) });
  space = new FreeSpace(directory, log);
  return (environment = await openState({ directory, identity: IDENTITY, space, log }, stop.signal));
}

/** Commits until the disk takes no more; returns how many it took. */
async function commitUntilFull(store: TaskStore): Promise<number> {
  const start = store.checkpoint?.changelogOffset ?? 0;
  for (let offset = start; ; offset += 1) {
    const events = Array.from({ length: 2000 }, (_, i) => offset * 2000 + i);
    try {
      await commitTo(store, offset, events);
    } catch (error) {
      expect(error).toBeInstanceOf(StoreFullError);
      // Not by LMDB, whose message of a refused write overruns its buffer.
      expect((error as Error).message).toContain('bytes are left');
      return offset;
    }
  }
}

describe.skipIf(why !== undefined)('a full disk', () => {
  beforeEach(() => {
    disk = mountSmallDisk(16);
    directory = join(disk.path, 'state');
    mkdirSync(directory);
    logged = [];
  });
  afterEach(async () => {
    await environment?.close();
    environment = undefined;
    disk.unmount();
  });

  it('refuses a commit whole, keeps those before it, and takes it when there is space', SLOW, async () => {
    const store = new TaskStore(await opened(), 0, SHAPE);
    const taken = await commitUntilFull(store);
    expect(taken).toBeGreaterThan(3);
    for (let again = 0; again < 3; again += 1) expect(await commitUntilFull(store)).toBe(taken);
    expect(store.checkpoint?.changelogOffset).toBe(taken);
    expect(store.bucketOf(digest(taken * 2000 - 1))).toBeDefined();
    expect(store.bucketOf(digest(taken * 2000))).toBeUndefined();

    await environment!.close();
    disk.grow(64);
    const reopened = new TaskStore(await opened(), 0, SHAPE);
    expect(reopened.checkpoint?.changelogOffset).toBe(taken);
    await commitTo(reopened, taken, [taken * 2000]);
    expect(reopened.bucketOf(digest(taken * 2000))).toBeDefined();
  });

  it('is waited out by who writes, said once, and gone on from', SLOW, async () => {
    const store = new TaskStore(await opened(), 0, SHAPE);
    const events = Array.from({ length: 2000 }, (_, i) => i);
    disk.fill();
    let tries = 0;
    const written = space.write(async () => {
      tries += 1;
      await commitTo(store, 0, events);
    }, stop.signal);
    await expect.poll(() => space.reason, { timeout: 10_000 }).toContain(`STATE_DIR ${directory}`);
    expect(space.reason).toMatch(/\d+ bytes are left/);
    expect(logged.map(({ msg }) => msg)).toEqual([expect.stringContaining('the disk of STATE_DIR is full')]);
    const others = Promise.all([space.available(stop.signal), space.available(stop.signal)]);
    expect(store.checkpoint).toBeUndefined();

    disk.makeRoom();
    await Promise.all([written, others]);
    expect(space.reason).toBeUndefined();
    expect(tries).toBe(2);
    expect(store.checkpoint?.changelogOffset).toBe(1);
    expect(logged.map(({ msg }) => msg).slice(1)).toEqual(['there is space in STATE_DIR again']);
    expect(readdirSync(directory)).not.toContain('probe');
  });

  it('is waited out before the state is opened, since LMDB would end the process', SLOW, async () => {
    disk.fill();
    const opening = opened();
    await expect.poll(() => space.reason, { timeout: 10_000 }).toBeDefined();
    disk.makeRoom();
    await opening;
    expect(space.reason).toBeUndefined();
  });

  it('ends the wait when the worker is stopped', SLOW, async () => {
    const store = new TaskStore(await opened(), 0, SHAPE);
    disk.fill();
    const aborted = new AbortController();
    const waiting = space.write(
      () =>
        commitTo(
          store,
          0,
          Array.from({ length: 2000 }, (_, i) => i),
        ),
      aborted.signal,
    );
    waiting.catch(() => undefined); // looked at below
    await expect.poll(() => space.reason, { timeout: 10_000 }).toBeDefined();
    aborted.abort();
    await expect(waiting).rejects.toThrow('abort');
  });

  it("costs the group member's memory, and nothing else", SLOW, async () => {
    const memory = new MemberMemory(await opened());
    disk.fill();
    const longer = 'x'.repeat(100_000); // than the pages that are free already
    for (const member of ['a', 'b']) await memory.remember(member + longer);
    expect(memory.recall()).toBeUndefined();
    await memory.forget();
    disk.makeRoom();
    await memory.remember('m');
    expect(memory.recall()).toBe('m');
  });
});
