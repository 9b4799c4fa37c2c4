import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AvroRecord } from '../../../schemas/avro/avro-schema.js';
import { renderTypes } from '../../../schemas/render-types.js';
import { SCHEMAS } from '../../../schemas/types.js';

const record: AvroRecord = {
  type: 'record',
  name: 'Sample',
  namespace: 'a.b',
  doc: 'A sample.',
  fields: [
    { name: 'id', type: 'long', doc: 'Its id.' },
    { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], doc: 'When.' },
    { name: 'tags', type: { type: 'array', items: ['null', 'string'] } },
    { name: 'values', type: { type: 'map', values: 'string' } },
  ],
};

describe('the generated types', () => {
  it('carry docs over, make int64 bigint, and everything read-only', () => {
    expect(renderTypes([record])).toContain(`/** A sample. */
export interface Sample {
  /** Its id. */
  readonly id: bigint;
  /** When. Milliseconds since the epoch. */
  readonly at: bigint | null;
  readonly tags: readonly (string | null)[];
  readonly values: Readonly<Record<string, string>>;
}`);
  });

  it('refuse a type that our records do not use', () => {
    const odd = { ...record, fields: [{ name: 'x', type: { type: 'fixed', name: 'F', size: 2 } }] };
    expect(() => renderTypes([odd])).toThrow('does not know the type fixed');
  });

  it.each(Object.entries(SCHEMAS))('hold the schema of %s as its file does', (name, schema) => {
    const file = new URL(`../../../schemas/${name}.avsc`, import.meta.url);
    expect(schema).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });
});
