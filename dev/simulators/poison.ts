/** Records that cannot be worked with, as broken producers send them. */
import { writeHeader } from '../../schemas/wire-format.js';
import { SOURCE_TOPICS, type SourceTopic } from '../../common/record.js';
import type { Random } from './random.js';
import type { SimulatedEvent } from './simulated-event.js';
import type { SourceEncoder } from './source-encoder.js';

export interface PoisonRecord {
  readonly topic: SourceTopic;
  readonly value: Buffer;
  /** The `dlq.reason` that the contract gives it. */
  readonly reason: string;
}

/** One id, as of a producer that registered its schema elsewhere: each new one would be asked for three times. */
const UNKNOWN_SCHEMA_ID = 2_000_000_011;

const MIX = { json: 3, truncated: 3, 'other-record': 2, 'no-tenant': 3, 'no-id': 1, 'long-id': 1, 'unknown-schema': 2 };

/** Spoils an event in one of the ways in which that happens. */
export function poison(random: Random, encoder: SourceEncoder, simulated: SimulatedEvent): PoisonRecord {
  const { topic, event } = simulated;
  const way = random.weighted(MIX);
  switch (way) {
    case 'json':
      return { topic, reason: 'bad-magic', value: asJson(event) };
    case 'truncated': {
      const value = encode(encoder, simulated);
      return { topic, reason: 'undecodable', value: value.subarray(0, Math.ceil(value.length / 2)) };
    }
    case 'other-record': {
      const other = random.pick(SOURCE_TOPICS.filter((name) => name !== topic));
      return { topic: other, reason: 'wrong-record', value: encode(encoder, simulated) };
    }
    case 'unknown-schema': {
      const value = encode(encoder, simulated);
      writeHeader(value, 0, UNKNOWN_SCHEMA_ID);
      return { topic, reason: 'unknown-schema', value };
    }
    case 'no-tenant':
      return invalid(encoder, simulated, { tenantId: 0n });
    case 'no-id':
      return invalid(encoder, simulated, { eventId: '' });
    case 'long-id':
      return invalid(encoder, simulated, { eventId: 'e'.repeat(257) });
  }
}

function invalid(
  encoder: SourceEncoder,
  simulated: SimulatedEvent,
  fault: { readonly eventId: string } | { readonly tenantId: bigint },
): PoisonRecord {
  // Every source's event has both fields; the union of the sources cannot be spread without saying so.
  const spoilt = { ...simulated, event: { ...simulated.event, ...fault } } as SimulatedEvent;
  return { topic: simulated.topic, reason: 'invalid-event', value: encode(encoder, spoilt) };
}

export function encode(encoder: SourceEncoder, { topic, event }: SimulatedEvent): Buffer {
  return encoder.encode(topic, event);
}

function asJson(event: object): Buffer {
  return Buffer.from(JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}
