/** Whether the changelog, the stores on disk and the events that were delivered say the same. */
import { readCommitted } from '../../dev/oracle/read-committed.js';
import { identityOf } from '../../processors/identity.js';
import type { RecordName } from '../../schemas/types.js';
import { decodeChangelogEntry } from '../../state/dedup/changelog-entry.js';
import { hexOf } from '../../state/dedup/digest-bytes.js';
import { StateEnvironment } from '../../state/lmdb/environment.js';
import { windowShape } from '../../state/dedup/stream-time.js';
import { storedTasks, TaskStore } from '../../state/dedup/task-store.js';
import { hexesOf } from '../digests.js';
import { decode } from '../integration/harness/avro.js';
import type { Round } from './round.js';

const WINDOW = windowShape(7 * 86_400_000);

const RECORDS: Readonly<Record<string, RecordName>> = {
  NOTIFICATION_REQUEST_TOPIC: 'NotificationRequestEvent',
  TASK_EVENT_TOPIC: 'TaskEvent',
  CRM_EVENT_TOPIC: 'CrmEvent',
  SALES_EVENT_TOPIC: 'SalesEvent',
  USER_EVENT_TOPIC: 'UserEvent',
};

export async function storeFaults(round: Round): Promise<string[]> {
  const changelog = await foldChangelog(round);
  const stores = await newestStores(round);
  const found: string[] = [];
  const remembered = new Set<string>();
  for (const [task, { digests, end }] of changelog) {
    for (const digest of digests) remembered.add(digest);
    const store = stores.get(task);
    if (!store) {
      found.push(`no worker has a store of task ${task}`);
      continue;
    }
    if (store.offset < end)
      found.push(`the newest store of task ${task} stands at ${store.offset}, its changelog ends at ${end}`);
    found.push(...difference(`task ${task}: in the changelog, not in the store`, digests, store.digests));
    found.push(...difference(`task ${task}: in the store, not in the changelog`, store.digests, digests));
  }
  const delivered = deliveredDigests(round);
  found.push(...difference('delivered, not in the changelog', delivered, remembered));
  found.push(...difference('in the changelog, never sent', remembered, delivered));
  return found;
}

function difference(what: string, a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...a].filter((digest) => !b.has(digest)).map((digest) => `${what}: ${digest}`);
}

interface Fold {
  readonly digests: Set<string>;
  /** Past the last record. */
  end: number;
}

async function foldChangelog({ cluster: { direct }, changelog }: Round): Promise<Map<number, Fold>> {
  const folds = new Map<number, Fold>();
  for (const { partition, offset, value } of await readCommitted({ brokers: direct, topics: [changelog] })) {
    const fold = folds.get(partition) ?? { digests: new Set<string>(), end: 0 };
    folds.set(partition, fold);
    fold.end = Number(offset) + 1;
    for (const { packed } of decodeChangelogEntry(value, `${changelog}-${partition}@${offset}`).buckets) {
      for (const digest of hexesOf(packed)) fold.digests.add(digest);
    }
  }
  return folds;
}

/** For each task, the store that has come furthest: the last owner's. */
async function newestStores(round: Round): Promise<Map<number, { offset: number; digests: Set<string> }>> {
  const newest = new Map<number, { offset: number; digests: Set<string> }>();
  for (const { stateDir } of round.members) {
    const environment = new StateEnvironment(stateDir);
    try {
      for (const [task, { changelogOffset }] of storedTasks(environment)) {
        if (changelogOffset <= (newest.get(task)?.offset ?? -1)) continue;
        const digests = new Set<string>();
        for (const bucket of new TaskStore(environment, task, WINDOW).buckets())
          for (const digest of hexesOf(bucket.packed)) digests.add(digest);
        newest.set(task, { offset: changelogOffset, digests });
      }
    } finally {
      await environment.close();
    }
  }
  return newest;
}

/** Every event that was appended and must be delivered or kept: accounts too. */
function deliveredDigests(round: Round): Set<string> {
  const digests = new Set<string>();
  const counted = new Set<string>();
  for (const { sent } of round.load.acknowledged) {
    const name = `${sent.topic}/${String(sent.message.key)}`;
    const record = RECORDS[sent.topic];
    if (!record || !sent.message.value || (counted.has(name) && !name.includes('|'))) continue;
    counted.add(name);
    if (!isGood(round, String(sent.message.key))) continue;
    const event = decode(record, sent.message.value as Buffer) as { eventId: string; tenantId: bigint };
    digests.add(hexOf(identityOf({ topic: sent.topic, tenantId: event.tenantId, eventId: event.eventId }).digest));
  }
  return digests;
}

function isGood(round: Round, key: string): boolean {
  return key.includes('|') || round.workload.expected.has(key);
}
