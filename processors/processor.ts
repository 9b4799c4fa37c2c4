/** A processor: one step of a record's way, and what it is made with. */
import type { EventDecoder } from '../schemas/codecs.js';
import type { NotificationStores, ProcessorContext } from './context.js';
import type { Outcome } from './outcome.js';
import type { Mappers } from './map/mappers.js';
import type { UnknownTypes } from './unknown-type.js';

/** A decoder's answer when it has to ask the registry first; not an outcome of the record yet. */
interface Unresolved {
  readonly kind: 'unresolved';
  readonly schemaId: number;
}

/** One step of a record's way. Pure: what it may look at besides its input is in the context. */
export type Processor<In, Out, Stores = NotificationStores> = (
  input: In,
  context: ProcessorContext<Stores>,
) => Outcome<Out> | Unresolved;

/** What the processors of the notifications are made with; each takes what it needs. */
export interface Services {
  readonly decoder: EventDecoder;
  readonly mappers: Mappers;
  readonly unknownTypes: UnknownTypes;
}
