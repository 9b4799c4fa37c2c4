/** A topology that shares nothing with the notifications but the engine: how often each word came, and every repeat of it. */
import { forward } from '../../../processors/outcome.js';
import { writeDeadLetter } from '../../../processors/sinks/dead-letter.js';
import { topology } from '../../../topology/graph/topology.js';
import type { Counted, CountStores } from '../../counting-state.js';

interface Counts {
  readonly services: object;
  readonly stores: CountStores;
  readonly sources: 'WORDS';
  readonly events: { readonly WORD_COUNTS: string };
  readonly deadLetters: 'WORDS_DLQ';
}

export const counts = topology<Counts>('counts')
  .source('words', 'WORDS', 'text')
  .process(
    'count',
    () =>
      ({ value }, { stores }) => {
        const word = String(value);
        return forward<Counted>({ word, count: stores.counts.get(word) + 1 });
      },
    { store: 'counts' },
  )
  .sink('counts', 'WORD_COUNTS', 'text', ({ word, count }, out) => out.emit(word, `${word} ${count}`))
  .deadLetters('dead-letter', 'WORDS_DLQ', writeDeadLetter);
