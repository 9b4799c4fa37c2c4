/** Which dead letters a command is about. */
import type { TopicNames } from '../../../common/topic-names.js';
import type { DeadLetter, LetterPlace } from './dead-letter.js';

/** What is left out selects all. */
export interface Selection {
  readonly reasons?: readonly string[] | undefined;
  /** Logical names of the topics that they came from. */
  readonly topics?: readonly string[] | undefined;
  /** When they became dead letters, ms since the epoch: from here on. */
  readonly since?: number | undefined;
  /** Up to here, without it. */
  readonly until?: number | undefined;
  readonly at?: readonly LetterPlace[] | undefined;
  /** So many at most, the oldest. */
  readonly limit?: number | undefined;
}

/** Whether a selection takes a letter, its limit aside. */
export function selects(
  { reasons, topics, since = -Infinity, until = Infinity, at }: Selection,
  names: Pick<TopicNames, 'physical'>,
): (letter: DeadLetter) => boolean {
  const origins = topics && new Set<string>(topics.map((topic) => names.physical(topic)));
  return (letter) =>
    (reasons?.includes(letter.reason) ?? true) &&
    (origins?.has(letter.origin.topic) ?? true) &&
    letter.appendedAt >= since &&
    letter.appendedAt < until &&
    (at?.some(({ partition, offset }) => partition === letter.at.partition && offset === letter.at.offset) ?? true);
}
