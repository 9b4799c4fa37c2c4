/**
 * Defects put in on purpose, each against one thing that the protocol rests on. They stand at the task's seams, so
 * that everything around them is the real code.
 */
import { decodeChangelogEntry } from '../../../state/dedup/changelog-entry.js';
import { TaskStore, type CommittedEntry } from '../../../state/dedup/task-store.js';
import { CommitUnknownError } from '../../../common/errors.js';
import { recordsOf } from '../../unit/topology/kafka/records/records-of.js';
import type { Offsets, PartitionOffset, TransactionalProducer } from '../../../topology/kafka/index.js';
import { NAMES, SOURCE_NAMES, type ModelServices } from './worker.js';

/** What a worker gives its tasks, with the defect in it. */
export type Defect = (services: ModelServices) => ModelServices;

type Steps = Pick<TransactionalProducer, 'fence' | 'send' | 'sendOffsets' | 'commit'>;

const ANSWER_MS = 15_000;

export const storeBeforeCommit: Defect = (services) =>
  withProducer(services, (real, task) => {
    const store = new TaskStore(services.environment, task, services.shape);
    let entries: CommittedEntry[] = [];
    return {
      send: (records, onBatch) => {
        const packed = recordsOf(records).filter(({ topic }) => topic === NAMES.changelog);
        entries = [];
        return real.send(records, (topic, partition, base) => {
          onBatch?.(topic, partition, base);
          if (topic !== NAMES.changelog || entries.length > 0) return;
          entries = packed.map(({ value }, at) => ({ offset: base + at, entry: decodeChangelogEntry(value, topic) }));
        });
      },
      commit: async () => {
        await store.apply(entries, entries.at(-1)!.offset + 1);
        await real.commit();
      },
    };
  });

/** Each takeover uses a transactional id of its own: nobody fences anybody, and no open transaction is ended. */
export const fencingSkipped: Defect = (services) => {
  let takeovers = 0;
  const { createProducer } = services;
  return {
    ...services,
    createProducer: (task) =>
      createProducer(task, `${NAMES.transactionalId(task)}-${Math.random()}-${(takeovers += 1)}`),
  };
};

/** As before KIP-447. */
export const offsetsWithoutGeneration: Defect = (services) =>
  withProducer(services, (real) => ({
    sendOffsets: (member, offsets) => real.sendOffsets({ ...member, generationId: -1, memberId: '' }, offsets),
  }));

export const offsetsBeforeFence: Defect = (services) => {
  const early = new Map<number, PartitionOffset[]>();
  const { offsets } = services;
  const withEarly = withProducer(services, (real, task) => ({
    fence: async (topics) => {
      early.set(task, await offsets.committed(partitionsOf(task), ANSWER_MS));
      await real.fence(topics);
    },
  }));
  const committed: Offsets['committed'] = ([first]) => Promise.resolve(early.get(first!.partition) ?? []);
  return { ...withEarly, offsets: replacing(offsets, { committed }) };
};

export const changelogOutside: Defect = (services) =>
  withProducer(services, (real, task) => {
    const log = services.createProducer(task, `${NAMES.transactionalId(task)}-changelog`);
    return {
      fence: async (topics) => {
        await log.fence(topics);
        await real.fence(topics);
      },
      send: async (records, onBatch) => {
        const isPacked = ({ topic }: { topic: string }): boolean => topic === NAMES.changelog;
        const sent = recordsOf(records);
        await log.send(sent.filter(isPacked), onBatch);
        await log.commit();
        await real.send(
          sent.filter((record) => !isPacked(record)),
          onBatch,
        );
      },
    };
  });

/** A lost answer to EndTxn is taken for a commit. */
export const outcomeGuessed: Defect = (services) =>
  withProducer(services, (real) => ({
    commit: () =>
      real.commit().catch((error: unknown) => {
        if (!(error instanceof CommitUnknownError)) throw error;
      }),
  }));

function withProducer(
  services: ModelServices,
  change: (real: TransactionalProducer, task: number) => Partial<Steps>,
): ModelServices {
  return {
    ...services,
    createProducer: (task) => {
      const real = services.createProducer(task);
      return replacing(real, change(real, task));
    },
  };
}

/** The same object, of which some methods are others. */
function replacing<T extends object>(real: T, methods: Partial<NoInfer<T>>): T {
  return new Proxy(real, {
    get(target, name) {
      const replaced: unknown = Reflect.get(methods, name);
      if (replaced !== undefined) return replaced;
      const own: unknown = Reflect.get(target, name);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}

function partitionsOf(task: number): { topic: string; partition: number }[] {
  return SOURCE_NAMES.map((topic) => ({ topic, partition: task }));
}
