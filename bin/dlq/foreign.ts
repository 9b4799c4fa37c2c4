/** Records in the dead-letter topic that are no dead letters of ours: counted, and said at the end. */
import { placeText, type Foreign, type LetterPlace } from '../../topology/operations/dead-letters/dead-letter.js';
import { advise, counted } from '../print.js';
import { printable } from './printable.js';

export class ForeignRecords {
  #count = 0;
  #first = '';

  /** To be given to a scan. */
  readonly add = (at: LetterPlace, { fault }: Foreign): void => {
    this.#count += 1;
    this.#first ||= `${placeText(at)}: ${printable(fault)}`;
  };

  /** Says on standard error how many there were, if there were any. */
  report(): void {
    if (this.#count === 0) return;
    const what = this.#count === 1 ? 'is no dead letter of ours' : 'are no dead letters of ours, the first of them';
    advise(`${counted(this.#count, 'record')} of the topic ${what}: ${this.#first}`);
  }
}
