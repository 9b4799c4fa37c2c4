import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../../../processors/rules/fields.js';
import type { AvroRecord } from '../../../../schemas/avro/avro-schema.js';
import type { EventRecord } from '../../../../schemas/codecs.js';

const recordOf = (names: readonly string[]): AvroRecord =>
  ({
    type: 'record',
    name: 'R',
    fields: names.map((name) => ({ name, type: ['null', 'string'] })),
  }) as unknown as AvroRecord;

const read = (name: string, event: object): unknown =>
  fieldsOf(recordOf([name]))
    .get(name)!
    .get(event as EventRecord);

describe('the fields of a source', () => {
  it.each(['taskTitle', '_id', 'class', 'constructor', 'return', 'event'])('are read by their names: %s', (name) => {
    expect(read(name, Object.assign(Object.create(null) as object, { [name]: 'a value' }))).toBe('a value');
    expect(read(name, Object.assign(Object.create(null) as object, { [name]: undefined }))).toBeNull();
    expect(read(name, Object.create(null) as object)).toBeNull();
  });

  it.each(['a b', 'a;throw 1', 'a[`b`]', '', '1a', 'é'])('are never code, whatever they are called: %j', (name) => {
    expect(read(name, { [name]: 'a value' })).toBe('a value');
    expect(read(name, {})).toBeNull();
  });
});
