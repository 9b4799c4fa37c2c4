/** Source record -> event. Drops tombstones, dead-letters what the decoder calls poison. */
import type { Processor, Services } from './processor.js';
import type { SourceEvent } from '../schemas/codecs.js';
import { deadLetter, drop, forward } from './outcome.js';
import type { SourceRecord } from '../common/record.js';

export function createDecode({ decoder }: Pick<Services, 'decoder'>): Processor<SourceRecord, SourceEvent> {
  return (record) => {
    if (record.value === null) return drop('tombstone');
    const decoded = decoder.decode(record.topic, record.value);
    switch (decoded.kind) {
      case 'event':
        return forward(decoded.value);
      case 'poison':
        return deadLetter(decoded.reason, decoded.message, decoded.error, decoded.attempts);
      case 'unresolved':
        return decoded;
    }
  };
}
