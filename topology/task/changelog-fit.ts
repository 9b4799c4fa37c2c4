/**
 * Whether a store is of its changelog, and what to do about it: CHANGELOG_RULES. It may be the only good copy, so it is
 * wiped only beside a changelog that holds committed records.
 *
 * "Another topic" is another topic id: the topic was deleted and recreated, or STATE_DIR is of elsewhere. "Not known":
 * the brokers are older than topic ids, so offsets alone must tell.
 */
import { FatalError } from '../../common/errors.js';
import { decide, type Rule } from '../../common/rules.js';
import { WAYS_OUT } from '../../common/ways-out.js';

/** What the store says of the changelog that it follows. */
export interface StoreStand {
  readonly changelogId?: string | undefined;
  readonly changelogOffset: number;
}

/** A changelog partition as the brokers have it now. */
export interface ChangelogStand {
  /** Topic and partition, for messages. */
  readonly name: string;
  readonly id: string | undefined;
  readonly start: number;
  /** The high watermark. */
  readonly end: number;
  /** Looks whether a committed record is in it: it may hold aborted ones and markers only. */
  readonly holdsRecords: () => Promise<boolean>;
}

export type Fit =
  | { readonly kind: 'replay'; readonly from: number; readonly expired: number }
  | { readonly kind: 'wipe'; readonly why: string };

/** A store beside its changelog. */
export interface ChangelogFacts {
  /** Where the store stands: by the topic's id, then by its offset. */
  readonly store: 'empty' | 'of another topic' | 'inside' | 'before' | 'beyond';
  /** Both have a topic id. */
  readonly idsKnown: boolean;
  /** Undefined where nobody had to look. */
  readonly holdsRecords: boolean | undefined;
}

type ChangelogRule = 'replay' | 'wipe' | 'emptied' | 'shortened';

/** Printed in docs/recovery.md: the store, its changelog, and what follows. */
export const CHANGELOG_RULES: readonly Rule<ChangelogFacts, ChangelogRule>[] = [
  {
    row: ['empty', 'any', 'replayed from the start'],
    when: ({ store }) => store === 'empty',
    then: 'replay',
  },
  {
    row: [
      'of another topic',
      'holds nothing, or aborted transactions only',
      'stop: the store may be the only good copy',
    ],
    when: ({ store, holdsRecords }) => store === 'of another topic' && !holdsRecords,
    then: 'emptied',
  },
  {
    row: ['of another topic', 'holds records', 'wiped, replayed from the start: what all workers share is the truth'],
    when: ({ store }) => store === 'of another topic',
    then: 'wipe',
  },
  {
    row: ['inside', 'the same topic, or ids are not known', 'replayed from where the store stands'],
    when: ({ store }) => store === 'inside',
    then: 'replay',
  },
  {
    row: ['before', 'the same topic, or ids are not known', 'replayed from the start: what lay between has expired'],
    when: ({ store }) => store === 'before',
    then: 'replay',
  },
  {
    row: ['beyond', 'holds nothing, or aborted transactions only', 'stop: the store may be the only good copy'],
    when: ({ holdsRecords }) => !holdsRecords,
    then: 'emptied',
  },
  {
    row: ['beyond', 'the same topic', 'stop: the brokers lost its end, and the store holds what they lost'],
    when: ({ idsKnown }) => idsKnown,
    then: 'shortened',
  },
  {
    row: ['beyond', 'ids are not known', 'wiped, replayed from the start'],
    when: () => true,
    then: 'wipe',
  },
];

/** Throws FatalError, with the way out, where neither the store nor the changelog can be trusted over the other. */
export async function fitOf(store: StoreStand | undefined, changelog: ChangelogStand): Promise<Fit> {
  const { name, id, start, end } = changelog;
  const stored = store?.changelogOffset ?? start;
  const facts = await factsOf(store, changelog);
  switch (decide(CHANGELOG_RULES, facts)) {
    case 'replay':
      return { kind: 'replay', from: Math.max(stored, start), expired: Math.max(0, start - stored) };
    case 'wipe':
      return { kind: 'wipe', why: difference(store!, changelog, facts) };
    case 'emptied':
      throw new FatalError(
        `the changelog ${name} is empty beside a store that stands at offset ${stored}: the topic was emptied or recreated (${difference(store!, changelog, facts)}). ` +
          `The store may be the only good copy. ${WAYS_OUT.reseed} ${WAYS_OUT.dropStore}`,
      );
    case 'shortened':
      throw new FatalError(
        `the changelog ${name} (topic id ${id}) ends at offset ${end}, its store stands at ${stored}: the brokers lost its end (an unclean leader election, a lost disk), and the store holds it. ` +
          `${WAYS_OUT.emptyAndReseed} ${WAYS_OUT.dropStore}`,
      );
  }
}

async function factsOf(store: StoreStand | undefined, changelog: ChangelogStand): Promise<ChangelogFacts> {
  const { id, start, end } = changelog;
  if (!store) return { store: 'empty', idsKnown: false, holdsRecords: undefined };
  const idsKnown = id !== undefined && store.changelogId !== undefined;
  if (idsKnown && id !== store.changelogId)
    return { store: 'of another topic', idsKnown, holdsRecords: await changelog.holdsRecords() };
  if (store.changelogOffset > end) return { store: 'beyond', idsKnown, holdsRecords: await changelog.holdsRecords() };
  return { store: store.changelogOffset < start ? 'before' : 'inside', idsKnown, holdsRecords: undefined };
}

function difference({ changelogId, changelogOffset }: StoreStand, changelog: ChangelogStand, facts: ChangelogFacts) {
  return facts.store === 'of another topic'
    ? `it has topic id ${changelog.id}, the store is of ${changelogId}`
    : `it ends at ${changelog.end}, the store stands at ${changelogOffset}`;
}
