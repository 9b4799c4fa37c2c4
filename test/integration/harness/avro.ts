/** Avro for tests, by avsc's own documented means: not the codecs under test. */
import avsc from 'avsc';
import { publicLongType } from '../../../schemas/avro/long-type.js';
import { SCHEMAS, type RecordName } from '../../../schemas/types.js';

const types = new Map<RecordName, avsc.Type>();

function typeOf(name: RecordName): avsc.Type {
  let type = types.get(name);
  if (!type) {
    // avsc finds a type of the registry by its bare name only, so `{ type: long, logicalType }` becomes `long`.
    const schema = JSON.parse(JSON.stringify(SCHEMAS[name]), (_, value: unknown) =>
      isLong(value) ? 'long' : value,
    ) as avsc.Schema;
    type = avsc.Type.forSchema(schema, { registry: { long: publicLongType } });
    types.set(name, type);
  }
  return type;
}

function isLong(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'logicalType' in value && 'type' in value && value.type === 'long'
  );
}

/** The Confluent wire format: 0, schema id, body. */
export function encode(name: RecordName, schemaId: number, event: unknown): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, typeOf(name).toBuffer(event)]);
}

/** The event behind the wire header. */
export function decode(name: RecordName, value: Buffer): Record<string, unknown> {
  return typeOf(name).fromBuffer(value.subarray(5)) as Record<string, unknown>;
}
