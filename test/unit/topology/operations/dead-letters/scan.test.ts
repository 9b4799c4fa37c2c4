import { describe, expect, it } from 'vitest';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import { placeText } from '../../../../../topology/operations/dead-letters/dead-letter.js';
import { scanDeadLetters, type ScanOptions } from '../../../../../topology/operations/dead-letters/scan.js';
import { letterRecord, LetterTopic, NAMES, type LetterParts } from './letters.js';

/** Letters at offsets from 0 on, that were appended at these times. */
function letters(times: readonly number[], parts: LetterParts = {}) {
  return times.map((appendedAt, offset) => letterRecord(offset, { ...parts, appendedAt }));
}

async function scan(topic: LetterTopic, options: Partial<ScanOptions> = {}): Promise<string[]> {
  const places: string[] = [];
  for await (const { at } of scanDeadLetters(topic.connections, NAMES, { selection: {}, ...options }))
    places.push(placeText(at));
  return places;
}

describe('a scan of the dead letters', () => {
  it('gives the oldest of all partitions first, and keeps the order of each', async () => {
    const topic = new LetterTopic(letters([10, 30, 50]), [], letters([20, 15, 60]));
    expect(await scan(topic)).toEqual(['0:0', '2:0', '2:1', '0:1', '0:2', '2:2']);
  });

  it('gives nothing where there is nothing', async () => {
    expect(await scan(new LetterTopic([], []))).toEqual([]);
  });

  it('takes what is selected by reason, by topic, by time', async () => {
    const topic = new LetterTopic(
      letters([10, 20, 30]),
      letters([11, 21, 31], { topic: 'CRM_EVENT_TOPIC', cause: { reason: 'undecodable' } }),
    );
    expect(await scan(topic, { selection: { reasons: ['undecodable'] } })).toEqual(['1:0', '1:1', '1:2']);
    expect(await scan(topic, { selection: { topics: ['TASK_EVENT_TOPIC'] } })).toEqual(['0:0', '0:1', '0:2']);
    expect(await scan(topic, { selection: { since: 20, until: 31 } })).toEqual(['0:1', '1:1', '0:2']);
  });

  it('takes the places that are named, and those alone are read', async () => {
    const topic = new LetterTopic(letters(Array.from({ length: 100 }, (_, index) => index)), letters([1]));
    const at = [
      { partition: 0, offset: 90 },
      { partition: 0, offset: 3 },
      { partition: 1, offset: 7 },
    ];
    expect(await scan(topic, { selection: { at } })).toEqual(['0:3', '0:90']);
    expect(topic.fetches).toBeLessThan(10);
  });

  it('ends where it is told, and after so many', async () => {
    const topic = new LetterTopic(letters([1, 2, 3, 4, 5]));
    expect(await scan(topic, { to: new Map([[0, 4]]) })).toEqual(['0:0', '0:1', '0:2', '0:3']);
    expect(await scan(topic, { selection: { limit: 2 } })).toEqual(['0:0', '0:1']);
  });

  it('counts what is no dead letter of ours', async () => {
    const topic = new LetterTopic([
      letterRecord(0),
      { ...letterRecord(1), headers: RecordHeaders.NONE },
      letterRecord(2),
    ]);
    const foreign: string[] = [];
    const onForeign: ScanOptions['onForeign'] = (at, { fault }) => foreign.push(`${placeText(at)} ${fault}`);
    expect(await scan(topic, { onForeign })).toEqual(['0:0', '0:2']);
    expect(foreign).toEqual(['0:1 it has no header __streams.errors.exception']);
  });

  it('passes over what is deleted while it reads', async () => {
    const topic = new LetterTopic(letters([1, 2, 3, 4, 5, 6, 7, 8]));
    const read = scanDeadLetters(topic.connections, NAMES, {
      selection: { at: [0, 1, 6].map((offset) => ({ partition: 0, offset })) },
    });
    expect(await read.next()).toMatchObject({ value: { at: { offset: 0 } } });
    topic.deleteBefore(0, 7);
    expect(await read.next()).toMatchObject({ value: { at: { offset: 1 } } });
    expect((await read.next()).done).toBe(true);
  });

  it('waits for no right that is missing, and says which', async () => {
    const topic = new LetterTopic(letters([1]));
    topic.outage = { code: 'missing-right', right: 'topic', topic: 'it.NOTIFICATION_DLQ' };
    await expect(scan(topic)).rejects.toThrow(/it.NOTIFICATION_DLQ-0 cannot be read: .*right/);
  });

  it('ends with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scan(new LetterTopic(letters([1])), { signal })).rejects.toThrow('enough');
  });
});
