/**
 * Defects put in on purpose, each against one thing that the protocol rests on. They stand at the task's seams, so
 * that everything around them is the real code.
 */
import type { ChangelogRecord } from '../../../topology/graph/task-state.js';
import { CommitUnknownError } from '../../../common/errors.js';
import { recordsOf } from '../../unit/topology/kafka/records/records-of.js';
import type { Offsets, PartitionOffset, TransactionalProducer } from '../../../topology/kafka/index.js';
import { NAMES, SOURCE_NAMES, type ModelParts } from './worker.js';

/** What a worker gives its tasks, with the defect in it. */
export type Defect = (parts: ModelParts) => ModelParts;

type Steps = Pick<TransactionalProducer, 'fence' | 'send' | 'sendOffsets' | 'commit'>;

const ANSWER_MS = 15_000;

export const storeBeforeCommit: Defect = (parts) =>
  withProducer(parts, (real, task) => {
    const state = parts.state.create(parts.environment, task);
    let entries: ChangelogRecord[] = [];
    return {
      send: (records, onBatch) => {
        const packed = recordsOf(records).filter(({ topic }) => topic === NAMES.changelog);
        entries = [];
        return real.send(records, (topic, partition, base) => {
          onBatch?.(topic, partition, base);
          if (topic !== NAMES.changelog || entries.length > 0) return;
          entries = packed.map(({ value }, at) => ({ offset: base + at, entry: state.decode(value, topic) }));
        });
      },
      commit: async () => {
        await state.replay(entries, entries.at(-1)!.offset + 1);
        await real.commit();
      },
    };
  });

/** Each takeover uses a transactional id of its own: nobody fences anybody, and no open transaction is ended. */
export const fencingSkipped: Defect = (parts) => {
  let takeovers = 0;
  const { createProducer } = parts.broker;
  return withBroker(parts, {
    createProducer: (task) =>
      createProducer(task, `${NAMES.transactionalId(task)}-${Math.random()}-${(takeovers += 1)}`),
  });
};

/** As before KIP-447. */
export const offsetsWithoutGeneration: Defect = (parts) =>
  withProducer(parts, (real) => ({
    sendOffsets: (member, offsets) => real.sendOffsets({ ...member, generationId: -1, memberId: '' }, offsets),
  }));

export const offsetsBeforeFence: Defect = (parts) => {
  const early = new Map<number, PartitionOffset[]>();
  const { offsets } = parts.broker;
  const withEarly = withProducer(parts, (real, task) => ({
    fence: async (topics) => {
      early.set(task, await offsets.committed(partitionsOf(task), ANSWER_MS));
      await real.fence(topics);
    },
  }));
  const committed: Offsets['committed'] = ([first]) => Promise.resolve(early.get(first!.partition) ?? []);
  return withBroker(withEarly, { offsets: replacing(offsets, { committed }) });
};

export const changelogOutside: Defect = (parts) =>
  withProducer(parts, (real, task) => {
    const log = parts.broker.createProducer(task, `${NAMES.transactionalId(task)}-changelog`);
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
export const outcomeGuessed: Defect = (parts) =>
  withProducer(parts, (real) => ({
    commit: () =>
      real.commit().catch((error: unknown) => {
        if (!(error instanceof CommitUnknownError)) throw error;
      }),
  }));

function withProducer(
  parts: ModelParts,
  change: (real: TransactionalProducer, task: number) => Partial<Steps>,
): ModelParts {
  return withBroker(parts, {
    createProducer: (task) => {
      const real = parts.broker.createProducer(task);
      return replacing(real, change(real, task));
    },
  });
}

function withBroker(parts: ModelParts, changed: Partial<ModelParts['broker']>): ModelParts {
  return { ...parts, broker: { ...parts.broker, ...changed } };
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
