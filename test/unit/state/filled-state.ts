/** A state directory as a worker leaves it: two tasks' entries, segments full and not, the directory, pages used again. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { claimIdentity, type StoreIdentity } from '../../../state/lmdb/identity.js';
import { DIGEST_BYTES, packDigests, readDigest } from '../../../state/dedup/digest-bytes.js';
import { StateEnvironment } from '../../../state/lmdb/environment.js';
import { bucketOf, windowShape } from '../../../state/dedup/stream-time.js';
import { TaskStore } from '../../../state/dedup/task-store.js';
import { UserDirectory } from '../../../state/directory/user-directory.js';
import { digestOf } from '../../digests.js';

export const IDENTITY: StoreIdentity = { group: 'p.app', cluster: 'cluster-1' };
export const SHAPE = windowShape(100_000);
const SOURCE = 'TASK_EVENT_TOPIC-0';
const TASKS = [0, 1];
const COMMITS = 20;

/** A new folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'streams-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One commit of these events. */
export async function commitTo(
  store: TaskStore,
  offset: number,
  events: readonly number[],
  streamTime = 10_000,
): Promise<void> {
  const positions = new Map([[SOURCE, { nextOffset: offset, streamTime, notifyFrom: 0 }]]);
  const buckets = [
    {
      source: SOURCE,
      bucket: bucketOf(streamTime, SHAPE),
      packed: packDigests(events.map((event) => digestOf(event))),
    },
  ];
  await store.apply([{ offset, entry: { positions, buckets } }], offset + 1);
}

export async function fillState(directory: string, identity = IDENTITY): Promise<void> {
  const environment = new StateEnvironment(directory);
  await claimIdentity(environment, identity);
  for (const task of TASKS) {
    const store = new TaskStore(environment, task, SHAPE);
    for (let commit = 0; commit < COMMITS; commit += 1) {
      const events = Array.from({ length: commit * 40 + 1 }, (_, i) => task * 1e6 + commit * 1000 + i);
      await commitTo(store, commit, events, 10_000 + commit * 10_000);
    }
  }
  const users = new UserDirectory(environment);
  await users.apply(
    0,
    Array.from({ length: 100 }, (_, user) => ({
      tenantId: 1n,
      userId: BigInt(user),
      timestamp: 1n,
      eventId: 'e',
      deleted: false,
      email: 'a@example.com',
      // One that takes pages of its own.
      fullName: user === 0 ? 'x'.repeat(10_000) : null,
      locale: null,
      timeZone: null,
      deviceTokens: [],
      mutedChannels: [],
    })),
    1,
    Date.now(),
  );
  await environment.close();
}

/** Everything that the store answers, as text. */
export async function answersOf(directory: string): Promise<string> {
  const environment = new StateEnvironment(directory);
  try {
    const hash = createHash('sha256');
    for (const task of TASKS) {
      const store = new TaskStore(environment, task, SHAPE);
      await store.load();
      hash.update(JSON.stringify([...store.checkpoint!.positions]));
      for (const list of store.buckets()) {
        hash.update(list.packed);
        for (let at = 0; at < list.packed.length; at += DIGEST_BYTES)
          hash.update(`${list.bucket} ${store.bucketOf(readDigest(list.packed, at))}`);
      }
    }
    const users = new UserDirectory(environment);
    for (let user = 0; user < 100; user += 1) hash.update(users.get(1n, BigInt(user))?.email ?? 'none');
    return hash.digest('hex');
  } finally {
    await environment.close();
  }
}
