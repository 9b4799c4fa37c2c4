import { expect, it } from 'vitest';
import type { AvroRecord } from '../../../schemas/avro/avro-schema.js';
import { inSchemaUnits } from '../../../schemas/in-schema-units.js';

const long = (logicalType: string) => ({ type: 'long', logicalType }) as const;
const RECORD: AvroRecord = {
  type: 'record',
  name: 'Times',
  namespace: 'serp',
  doc: '',
  fields: [
    { name: 'ms', type: long('timestamp-millis') },
    { name: 'us', type: long('timestamp-micros') },
    { name: 'ns', type: ['null', long('timestamp-nanos')] },
    { name: 'none', type: ['null', long('timestamp-micros')] },
    { name: 'all', type: { type: 'array', items: long('local-timestamp-micros') } },
    {
      name: 'inner',
      type: { type: 'record', name: 'Inner', fields: [{ name: 'us', type: long('timestamp-micros') }] },
    },
    { name: 'text', type: 'string' },
  ],
};

it('an event has each time in the unit of its field, and all else as it is', () => {
  const event = { ms: 5n, us: 5n, ns: 5n, none: null, all: [5n], inner: { us: 5n }, text: 'five' };
  expect(inSchemaUnits(RECORD, event)).toEqual({
    ...event,
    ...{ us: 5000n, ns: 5_000_000n, all: [5000n], inner: { us: 5000n } },
  });
});
