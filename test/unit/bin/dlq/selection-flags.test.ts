import { describe, expect, it } from 'vitest';
import { rulesIn } from '../../../../processors/rules/shipped.js';
import { selectionOf, type SelectionFlags } from '../../../../bin/dlq/selection-flags.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const read = (flags: SelectionFlags) => selectionOf(flags, rulesIn(undefined).sources, NOW);

describe('the flags that select dead letters', () => {
  it('select all when there are none', () => {
    expect(Object.values(read({})).filter((value) => value !== undefined)).toEqual([]);
  });

  it('are reasons, topics, times and ages, places, and a count', () => {
    expect(
      read({
        reason: ['invalid-event', 'failed'],
        topic: ['CRM_EVENT_TOPIC'],
        since: '2h',
        until: '2026-03-01T11:00:00Z',
        at: ['3:42'],
        limit: '10',
      }),
    ).toEqual({
      reasons: ['invalid-event', 'failed'],
      topics: ['CRM_EVENT_TOPIC'],
      since: Date.parse('2026-03-01T10:00:00Z'),
      until: Date.parse('2026-03-01T11:00:00Z'),
      at: [{ partition: 3, offset: 42 }],
      limit: 10,
    });
  });

  it('are all named when they are wrong', () => {
    const flags = { reason: ['odd'], topic: ['it.CRM_EVENT_TOPIC'], since: 'long ago', at: ['3'], limit: '0' };
    expect(() => read(flags)).toThrow(
      /--reason is "odd": expected bad-magic[^]*--topic is "it.CRM_EVENT_TOPIC": expected [^]*--since is "long ago"[^]*--at is "3"[^]*--limit is "0"/,
    );
  });
});
