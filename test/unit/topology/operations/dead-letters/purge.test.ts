import { describe, expect, it } from 'vitest';
import { RecordHeaders } from '../../../../../common/record-headers.js';
import type { Connections } from '../../../../../topology/kafka/index.js';
import { planPurge, type PurgeTo } from '../../../../../topology/operations/dead-letters/purge.js';
import { letterRecord, LetterTopic, NAMES } from './letters.js';

const at = (appendedAt: number, offset: number, reason: 'invalid-event' | 'failed' = 'failed') =>
  letterRecord(offset, { appendedAt, cause: { reason } });

const topic = () =>
  new LetterTopic(
    [at(10, 5), at(20, 6, 'invalid-event'), { ...at(25, 7), headers: RecordHeaders.NONE }, at(30, 8)],
    [],
    [at(15, 0), at(40, 1)],
  );

async function plan(to: PurgeTo) {
  const cuts = await planPurge(topic().connections as Connections, NAMES, to);
  return cuts.map(({ letters, ...cut }) => ({ ...cut, letters: letters.map(({ reason, count }) => [reason, count]) }));
}

describe('a purge', () => {
  it('takes all that lies below the first letter of a time, and counts it by reason', async () => {
    expect(await plan({ before: 30 })).toEqual([
      {
        ...{ partition: 0, low: 5, to: 8, foreign: 1 },
        letters: [
          ['failed', 1],
          ['invalid-event', 1],
        ],
      },
      { partition: 2, low: 0, to: 1, foreign: 0, letters: [['failed', 1]] },
    ]);
  });

  it('takes whole partitions, and none where nothing is older', async () => {
    expect((await plan({ before: 1000 })).map(({ partition, to }) => [partition, to])).toEqual([
      [0, 9],
      [2, 2],
    ]);
    expect(await plan({ before: 10 })).toEqual([]);
  });

  it('takes one partition up to an offset, which stays', async () => {
    expect(await plan({ at: new Map([[0, 6]]) })).toEqual([
      { partition: 0, low: 5, to: 6, foreign: 0, letters: [['failed', 1]] },
    ]);
    expect(await plan({ at: new Map([[0, 5]]) })).toEqual([]);
  });

  it('is refused where there is no such place', async () => {
    const to = new Map([
      [0, 10],
      [3, 1],
    ]);
    await expect(plan({ at: to })).rejects.toThrow(
      /--to is "0:10": partition 0 ends at 9[^]*--to is "3:1": the dead-letter topic has 3 partitions/,
    );
  });
});
