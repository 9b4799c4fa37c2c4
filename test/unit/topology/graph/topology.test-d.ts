/* eslint-disable @typescript-eslint/no-unsafe-call -- what does not compile is no function either */
/** What a topology cannot say: each line marked so must not compile, which `npm run types` checks. Nothing here is run. */
import type { SourceRecord } from '../../../../common/record.js';
import { TopicNames, type PhysicalTopic } from '../../../../common/topic-names.js';
import { forward } from '../../../../processors/outcome.js';
import type { Processor } from '../../../../processors/processor.js';
import type { DeadLetterSink, Sink } from '../../../../processors/sink.js';
import { createExecutor } from '../../../../topology/graph/executor.js';
import { topology } from '../../../../topology/graph/topology.js';

interface Parsed {
  readonly words: readonly string[];
}
interface Letter {
  readonly text: string;
}
interface Bill {
  readonly amount: number;
}
interface Stores {
  readonly seen: { has(word: string): boolean };
}
interface Toy {
  readonly services: { readonly separator: string };
  readonly stores: Stores;
  readonly sources: 'ORDERS' | 'RETURNS';
  readonly events: { readonly LETTERS: Letter; readonly BILLS: Bill };
  readonly deadLetters: 'DEAD';
}
type Step<In, Out, Looked = Stores> = (services: Toy['services']) => Processor<In, Out, Looked>;

declare const emitLetter: Sink<Letter, Letter, Stores>;
declare const emitBill: Sink<Letter, Bill, Stores>;
declare const bury: DeadLetterSink;
declare const createParse: Step<SourceRecord, Parsed>;
const createWrite: Step<Parsed, Letter> =
  ({ separator }) =>
  ({ words }, { stores }) =>
    forward({ text: words.filter((word) => !stores.seen.has(word)).join(separator) });
declare const createOfUnknownStore: Step<Parsed, Letter, { readonly inbox: Stores['seen'] }>;
declare const createOfUnknownService: (services: { readonly clock: Date }) => Processor<Parsed, Letter, Stores>;

// What compiles, from its beginning to its end.
const empty = topology<Toy>('toy');
const sources = empty
  .source('orders', 'ORDERS', 'Order')
  .source('returns', 'RETURNS', 'Return', { bootstraps: 'seen' });
const parsed = sources.process('parse', createParse);
const written = parsed.process('write', createWrite, { store: 'seen' });
const sinks = written.sink('letters', 'LETTERS', 'Letter', emitLetter).sink('bills', 'BILLS', 'Bill', emitBill);
const toy = sinks.deadLetters('dead', 'DEAD', bury);
const options = { appId: 'toy', stackTraces: false };
createExecutor(toy, { services: { separator: ' ' }, ...options });

// ── sources as a list ────────────────────────────────────────────────────────────────────────────────────────────

const listed = empty.sources([
  { name: 'orders', topic: 'ORDERS', schema: 'Order' },
  { name: 'returns', topic: 'RETURNS', schema: 'Return', bootstraps: 'seen' },
]);
listed.process('parse', createParse);
// @ts-expect-error -- a topic that is no source of the shape
empty.sources([{ name: 'bills', topic: 'BILLS', schema: 'Bill' }]);
// @ts-expect-error -- a store that the shape does not have
empty.sources([{ name: 'orders', topic: 'ORDERS', schema: 'Order', bootstraps: 'inbox' }]);

// ── the order of the steps ───────────────────────────────────────────────────────────────────────────────────────

// @ts-expect-error -- nothing is read yet
empty.process('parse', createParse);
// @ts-expect-error -- the first step is given a record, and this one takes what the second should
sources.process('write', createWrite);
// @ts-expect-error -- it takes a record, and the step before gives what is parsed
parsed.process('parse again', createParse);
// @ts-expect-error -- it takes what is parsed, and the step before gives a letter
written.process('write again', createWrite);
// @ts-expect-error -- a sink before a processor
sources.sink('letters', 'LETTERS', 'Letter', emitLetter);
// @ts-expect-error -- a processor after a sink
sinks.process('write again', createWrite);
// @ts-expect-error -- a source after a processor
parsed.source('more', 'RETURNS', 'Return');
// @ts-expect-error -- nothing goes out
written.deadLetters('dead', 'DEAD', bury);
// @ts-expect-error -- a sink after its end
toy.sink('more', 'BILLS', 'Bill', emitBill);

// ── what a sink takes and gives ──────────────────────────────────────────────────────────────────────────────────

// @ts-expect-error -- it takes a letter, and the last processor gives what is parsed
parsed.sink('letters', 'LETTERS', 'Letter', emitLetter);
// @ts-expect-error -- records of BILLS are bills
written.sink('bills', 'BILLS', 'Bill', emitLetter);
// @ts-expect-error -- so they are for the second sink
sinks.sink('more', 'BILLS', 'Bill', emitLetter);

// ── what the shape does not have ─────────────────────────────────────────────────────────────────────────────────

// @ts-expect-error -- a topic that is not read
empty.source('letters', 'LETTERS', 'Letter');
// @ts-expect-error -- a topic that is not written
written.sink('letters', 'ORDERS', 'Order', emitLetter);
// @ts-expect-error -- a topic that is not for dead letters
sinks.deadLetters('dead', 'LETTERS', bury);
// @ts-expect-error -- a store that nobody has
parsed.process('write', createWrite, { store: 'inbox' });
// @ts-expect-error -- a store that nobody has
empty.source('orders', 'ORDERS', 'Order', { bootstraps: 'inbox' });
// @ts-expect-error -- it looks into a store that nobody has
parsed.process('write', createOfUnknownStore);
// @ts-expect-error -- it is made with what nobody has
parsed.process('write', createOfUnknownService);
// @ts-expect-error -- its processors are made with a separator
createExecutor(toy, { services: {}, ...options });

// ── the two names of a topic ─────────────────────────────────────────────────────────────────────────────────────

const names = new TopicNames('p.', 'toy');
const physical: PhysicalTopic = names.physical('ORDERS');
// @ts-expect-error -- a name on the brokers is no logical one
names.physical(physical);
// @ts-expect-error -- a logical name is none on the brokers
physical satisfies 'ORDERS';
// @ts-expect-error -- a text is no name on the brokers: TopicNames alone makes one
export const madeUp: PhysicalTopic = 'p.ORDERS';
