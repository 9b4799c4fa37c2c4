/** Each row of the decision: what becomes of an event whose type these rules do not have. */
import { expect, it } from 'vitest';
import type { ProcessorContext } from '../../../processors/context.js';
import { unknownType, type UnknownTypes } from '../../../processors/unknown-type.js';

const behind = (isBehind: boolean): Pick<ProcessorContext, 'isBehind'> => ({ isBehind: () => isBehind });
const SKIPPED = { kind: 'drop', reason: 'unknown-type' };
const CAUSE = { reason: 'unknown-type', message: 'the eventType is none that this version knows', attempts: 1 };

it.each<[UnknownTypes, boolean, object]>([
  ['wait', false, SKIPPED],
  ['dead-letter', false, SKIPPED],
  ['skip', false, SKIPPED],
  ['wait', true, { kind: 'waiting', eventType: 'INVOICE_OVERDUE', cause: CAUSE }],
  ['dead-letter', true, { kind: 'dead-letter', cause: CAUSE }],
  ['skip', true, SKIPPED],
])('UNKNOWN_TYPES=%s, newer rules in the group: %s', (action, isBehind, outcome) => {
  expect(unknownType('INVOICE_OVERDUE', action, behind(isBehind))).toEqual(outcome);
});
