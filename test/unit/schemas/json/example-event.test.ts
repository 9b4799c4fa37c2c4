import { SOURCES } from '../../../../dev/contract/sources.js';
import { describe, expect, it } from 'vitest';
import type { AvroField, AvroRecord, AvroSchema } from '../../../../schemas/avro/avro-schema.js';
import { completed, type JsonObject } from '../../../../schemas/json/example-event.js';
import { compileJsonReader } from '../../../../schemas/json/json-reader.js';

const NOW = Date.UTC(2026, 0, 15, 10);

function record(...fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name: 'Any', namespace: 'serp.any', doc: 'Anything.', fields };
}

const read = (schema: AvroRecord, event: JsonObject): unknown =>
  compileJsonReader(schema)(Buffer.from(JSON.stringify(event)));

describe('an event that is completed', () => {
  it.each(SOURCES.map(({ topic, record: schema }) => [topic, schema] as const))('can be read: %s', (_, schema) => {
    expect(() => read(schema, completed(schema, {}, NOW))).not.toThrow();
  });

  it.each<[AvroSchema, unknown]>([
    ['string', 'field'],
    ['int', 1],
    ['double', 1],
    ['boolean', true],
    ['bytes', ''],
    [{ type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 }, '1'],
    [{ type: 'fixed', name: 'F', size: 3 }, 'AAAA'],
    [{ type: 'enum', name: 'E', symbols: ['B', 'A'] }, 'B'],
    [{ type: 'array', items: 'string' }, []],
    [{ type: 'map', values: 'string' }, {}],
    [{ type: 'long', logicalType: 'timestamp-millis' }, NOW],
    [{ type: 'long', logicalType: 'timestamp-micros' }, NOW],
    [['string', 'int'], 'field'],
    [{ type: 'record', name: 'Inner', fields: [{ name: 'id', type: 'long' }] }, { id: 1 }],
  ])('has of %j a value of its type', (type, value) => {
    const schema = record({ name: 'field', type });
    const event = completed(schema, {}, NOW);
    expect(event).toEqual({ field: value });
    expect(() => read(schema, event)).not.toThrow();
  });

  it('keeps what is given, also inside of a record, and what may be left out is', () => {
    const inner: AvroSchema = {
      type: 'record',
      name: 'Inner',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'name', type: 'string' },
      ],
    };
    const schema = record(
      { name: 'inner', type: inner },
      { name: 'note', type: ['null', 'string'] },
      { name: 'count', type: 'int', default: 5 },
      { name: 'wrong', type: 'int' },
    );
    const given = { inner: { id: 7 }, wrong: null, more: true };
    expect(completed(schema, given, NOW)).toEqual({ ...given, inner: { id: 7, name: 'name' } });
  });
});
