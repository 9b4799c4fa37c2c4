/** Drops an event that was seen within the dedup window; gives any other its identity. */
import type { Processor } from './processor.js';
import { drop, forward } from './outcome.js';
import { identityOf } from './identity.js';
import type { MappedEvent } from './mapped-event.js';
import type { IdentifiedEvent } from './routed-event.js';

export function createDedup(): Processor<MappedEvent, IdentifiedEvent> {
  return (event, context) => {
    const { digest, seed } = identityOf(event);
    return context.stores['dedup-window'].has(context.record, digest)
      ? drop('duplicate')
      : forward({ event, digest, seed });
  };
}
