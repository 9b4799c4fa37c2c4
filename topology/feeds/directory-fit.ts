/** Whether the stored user directory is of its topic, and where to read on: DIRECTORY_RULES. */
import { FatalError } from '../../common/errors.js';
import { decide, type Rule } from '../../common/rules.js';
import { WAYS_OUT } from '../../common/ways-out.js';

export interface DirectoryStand {
  readonly topic: string;
  readonly topicId: string | undefined;
  /** Last offsets by partition. */
  readonly ends: readonly number[];
  /** Looks whether a committed record is in the topic. */
  readonly holdsRecords: () => Promise<boolean>;
}

export interface DirectoryStore {
  readonly size: number;
  readonly topicId: string | undefined;
  position(partition: number): number | undefined;
}

/** A stored directory beside its topic. */
export interface DirectoryFacts {
  readonly isEmpty: boolean;
  readonly isOtherTopic: boolean;
  /** It stands beyond the end of a partition. */
  readonly isBeyond: boolean;
  /** Both have a topic id. */
  readonly idsKnown: boolean;
  /** Undefined where nobody had to look. */
  readonly holdsRecords: boolean | undefined;
}

export type DirectoryFit = 'read-on' | 'read-again' | 'wipe';

/** Printed in docs/recovery.md: the directory, its topic, and what follows. */
export const DIRECTORY_RULES: readonly Rule<DirectoryFacts, DirectoryFit | 'emptied'>[] = [
  {
    row: ['no users, of another topic', 'any', 'wiped, read from the start'],
    when: ({ isEmpty, isOtherTopic }) => isEmpty && isOtherTopic,
    then: 'wipe',
  },
  {
    row: ['no users', 'any', 'read on: from the start, at a first start'],
    when: ({ isEmpty }) => isEmpty,
    then: 'read-on',
  },
  {
    row: ['inside', 'the same topic, or ids are not known', 'read on'],
    when: ({ isOtherTopic, isBeyond }) => !isOtherTopic && !isBeyond,
    then: 'read-on',
  },
  {
    row: ['of another topic, or beyond', 'holds nothing', 'stop: the store may be the only good copy'],
    when: ({ holdsRecords }) => !holdsRecords,
    then: 'emptied',
  },
  {
    row: ['beyond', 'the same topic: it lost its end', 'read from the start; entries are facts and stay'],
    when: ({ idsKnown, isOtherTopic }) => idsKnown && !isOtherTopic,
    then: 'read-again',
  },
  {
    row: ['of another topic, or beyond', 'holds records; ids are not known', 'wiped, read from the start'],
    when: () => true,
    then: 'wipe',
  },
];

/** Throws FatalError, with the way out, beside a topic that is empty. */
export async function directoryFit(store: DirectoryStore, stand: DirectoryStand): Promise<DirectoryFit> {
  const then = decide(DIRECTORY_RULES, await factsOf(store, stand));
  if (then !== 'emptied') return then;
  throw new FatalError(
    `the user directory's topic ${stand.topic} is empty beside a store that knows ${store.size} users: the topic was emptied or recreated. ` +
      `The store may be the only good copy. ${WAYS_OUT.reseed} ${WAYS_OUT.dropStore}`,
  );
}

async function factsOf(
  store: DirectoryStore,
  { topicId, ends, holdsRecords }: DirectoryStand,
): Promise<DirectoryFacts> {
  const idsKnown = topicId !== undefined && store.topicId !== undefined;
  const isOtherTopic = idsKnown && topicId !== store.topicId;
  const isEmpty = store.size === 0;
  const isBeyond = ends.some((end, partition) => (store.position(partition) ?? 0) > end);
  const mustLook = !isEmpty && (isOtherTopic || isBeyond);
  return { isEmpty, isOtherTopic, isBeyond, idsKnown, holdsRecords: mustLook ? await holdsRecords() : undefined };
}
