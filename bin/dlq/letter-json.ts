/** A dead letter as `--json` has it: times are ms since the epoch. */
import { placeText, type DeadLetter } from '../../topology/operations/dead-letters/dead-letter.js';

/** What is known of it by its headers, without the record itself. */
export function letterJson(letter: DeadLetter) {
  const { at, appendedAt, origin, reason, message, timestamp, attempts, replayCount, app, bytes, cut, batch } = letter;
  return {
    ...{ letter: placeText(at), appendedAt, reason, message, origin, timestamp, attempts, replayCount, app, bytes },
    ...(cut && { cut }),
    ...(batch && { batch }),
  };
}
