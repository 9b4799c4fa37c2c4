/** What becomes of an event whose type these rules do not have. */
import type { ProcessorContext } from './context.js';
import { deadLetter, drop, type DeadLetterCause, type Outcome } from './outcome.js';

/** While newer rules are in the group. In a group of one version such an event is skipped, as the contract says. */
export const UNKNOWN_TYPES = ['wait', 'dead-letter', 'skip'] as const;
export type UnknownTypes = (typeof UNKNOWN_TYPES)[number];

const SKIPPED = drop('unknown-type');
/** The type itself is in the dead letter. */
const CAUSE: DeadLetterCause = {
  reason: 'unknown-type',
  message: 'the eventType is none that this version knows',
  attempts: 1,
};
const DEAD_LETTERED = deadLetter(CAUSE.reason, CAUSE.message);

export function unknownType(
  eventType: string,
  action: UnknownTypes,
  { isBehind }: Pick<ProcessorContext, 'isBehind'>,
): Outcome<never> {
  if (action === 'skip' || !isBehind()) return SKIPPED;
  return action === 'wait' ? { kind: 'waiting', eventType, cause: CAUSE } : DEAD_LETTERED;
}
