/** Event -> what its recipients are told: by the rules of its source, and the checks that hold for all of them. */
import type { SourceEvent } from '../../schemas/codecs.js';
import type { MappedEvent } from '../mapped-event.js';
import { deadLetter, forward } from '../outcome.js';
import type { Processor, Services } from '../processor.js';
import { unknownType } from '../unknown-type.js';
import { faultOf } from './fault-of.js';

export function createMap({
  mappers,
  unknownTypes,
}: Pick<Services, 'mappers' | 'unknownTypes'>): Processor<SourceEvent, MappedEvent> {
  return ({ topic, event }, context) => {
    // The topology reads the sources of the rules, and no others.
    const mapper = mappers.get(topic)!;
    const mapped = mapper.map(event, context);
    if (mapped === undefined) return unknownType(mapper.typeOf(event), unknownTypes, context);
    const fault = faultOf(mapped);
    return fault === undefined ? forward(mapped) : deadLetter('invalid-event', fault);
  };
}
