/** Defects put in on purpose, by changing the text of one built module as it is loaded: a suite that cannot fail proves nothing. */
import { join } from 'node:path';

export interface Edit {
  /** The built module, below dist/. */
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutation {
  /** What the code does then. */
  readonly defect: string;
  readonly edits: readonly Edit[];
  /** The case that is to fail. */
  readonly caughtBy: string;
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'store-first': {
    defect: 'the store is written before Kafka has committed',
    edits: [
      {
        module: 'topology/task/commit.js',
        find: 'await producer.commit();',
        replace:
          'await store.apply([{ offset: changelogOffset, entry }], changelogOffset + packed.length, true); await producer.commit();',
      },
    ],
    caughtBy: '9',
  },
  'no-fence': {
    defect:
      'a takeover fences nobody: each process has a transactional id of its own, offsets carry no generation and no member',
    edits: [
      {
        module: 'common/topic-names.js',
        find: 'return `${this.#prefix}${this.#appId}-${task}`;',
        replace: 'return `${this.#prefix}${this.#appId}-${task}-${process.pid}`;',
      },
      {
        module: 'topology/kafka/protocol/txn-offset-commit.js',
        find: 'out.int32(member.generationId).compactString(member.memberId)',
        replace: "out.int32(-1).compactString('')",
      },
    ],
    caughtBy: '3b',
  },
  'no-filter': {
    defect: 'aborted records are not filtered',
    edits: [
      {
        module: 'topology/kafka/fetch/fetched-records.js',
        find: 'batch.transactional && open.has(batch.producerId)',
        replace: 'false',
      },
    ],
    caughtBy: '19u',
  },
};

/** Arguments for a worker's node. */
export function mutationArgs(name: string): string[] {
  const mutation = MUTATIONS[name];
  if (!mutation) throw new Error(`--mutation ${name}: expected one of ${Object.keys(MUTATIONS).join(', ')}`);
  return editArgs(mutation.edits);
}

/** Arguments for a node that is to run the built modules as edited. An edit that finds nothing ends it. */
export function editArgs(edits: readonly Edit[]): string[] {
  const data = Buffer.from(JSON.stringify({ edits })).toString('base64url');
  return ['--import', `${join(import.meta.dirname, 'preload', 'mutate.mjs')}?${data}`];
}
