import { expect, it } from 'vitest';
import { rulesIn } from '../../../../processors/rules/shipped.js';
import { changeLines } from '../../../../bin/dlq/import-changes.js';
import { deadLetter } from '../../topology/operations/dead-letters/letters.js';

const source = rulesIn(undefined).sources.find(({ topic }) => topic === 'NOTIFICATION_REQUEST_TOPIC');
const jane = 'jane@example.com\u001b]0;x\u0007';
const letter = { ...deadLetter(), origin: { topic: 'T\u001b[2J', partition: 1, offset: 2 } };
const changes = [
  { path: ['tenantId'], before: 0, after: 1 },
  { path: ['metadata', jane], before: 'x', after: 'y\u009b' },
];
const imported = { line: 7, topicId: null, letter, source, changes, written: 'as JSON', edited: { value: null } };
const event = { metadata: { a: 'b', [jane]: 'y' } };

it('what was edited is said with names that are data masked, and nothing that moves the cursor', () => {
  expect(changeLines('f.ndjson', { ...imported, event }, false)).toEqual([
    'f.ndjson:7  3:42  T\\u001b[2J-1@2, as JSON',
    '    tenantId: 0 -> 1',
    '    metadata.(name 2): (masked) -> (masked)',
  ]);
});

it('with --payload it is said whole', () => {
  expect(changeLines('f.ndjson', { ...imported, event }, true)[2]).toBe(
    '    metadata.jane@example.com\\u001b]0;x\\u0007: "x" -> "y\\u009b"',
  );
});
