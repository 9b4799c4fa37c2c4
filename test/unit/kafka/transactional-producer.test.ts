import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitUnknownError, FencedError } from '../../../topology/errors.js';
import { createCluster } from '../../../topology/kafka/connect.js';
import type { OutboundRecord } from '../../../topology/kafka/record-batch.js';
import { RefusedError, TransactionalProducer } from '../../../topology/kafka/transactional-producer.js';
import { FakeCluster, type Api } from './fake-cluster.js';

vi.mock('../../../topology/kafka/connect.js', () => ({ createCluster: vi.fn() }));

const TOPICS = ['changelog', 'out'];
const MEMBER = { groupId: 'g', generationId: 3, memberId: 'm' };
const OFFSETS = [{ topic: 'in', partition: 0, offset: 12 }];
const MESSAGE_TOO_LARGE = 10;
const record = (topic: string, partition: number, text: string): OutboundRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(text),
});

describe('TransactionalProducer', () => {
  let broker: FakeCluster;
  let producer: TransactionalProducer;

  const create = (maxBatchBytes = 900_000): TransactionalProducer => {
    vi.mocked(createCluster).mockReturnValue(broker.cluster());
    const settings = { brokers: [], clientId: 'c', connectionTimeoutMs: 1000, requestTimeoutMs: 1000 };
    return new TransactionalProducer(
      settings,
      { transactionalId: 'app-0', transactionTimeoutMs: 1000, retryBudgetMs: 200, maxBatchBytes },
      pino({ level: 'silent' }),
    );
  };
  const failing = (of: Api, times: number, code: number | Error): void => {
    let left = times;
    broker.answer = (api) => (api === of && (left -= 1) >= 0 ? code : 0);
  };

  beforeEach(async () => {
    broker = new FakeCluster({ changelog: [0], out: [0, 1] });
    producer = create();
    await producer.fence(TOPICS);
  });

  it('commits records and offsets in one transaction, in this order of requests', async () => {
    const heard: unknown[] = [];
    await producer.send(
      [record('changelog', 0, 'c'), record('out', 0, 'a'), record('out', 1, 'b'), record('out', 0, 'a2')],
      (...batch) => heard.push(batch),
    );
    await producer.sendOffsets(MEMBER, OFFSETS);
    expect(broker.committed('out-0')).toEqual([]);
    await producer.commit();
    expect(broker.asked).toEqual([
      'InitProducerId',
      'AddPartitionsToTxn',
      'Produce',
      'Produce',
      'AddOffsetsToTxn',
      'TxnOffsetCommit',
      'EndTxn',
    ]);
    expect(['changelog-0', 'out-0', 'out-1'].map((place) => broker.committed(place))).toEqual([
      ['c'],
      ['a', 'a2'],
      ['b'],
    ]);
    expect(heard).toEqual(
      expect.arrayContaining([
        ['changelog', 0, 0],
        ['out', 0, 0],
        ['out', 1, 0],
      ]),
    );
  });

  it('counts sequences on from one transaction to the next, and tells the offset of each', async () => {
    const offsets: number[] = [];
    for (const text of ['one', 'two', 'three']) {
      await producer.send([record('changelog', 0, text)], (_, __, offset) => offsets.push(offset));
      await producer.commit();
    }
    expect(broker.committed('changelog-0')).toEqual(['one', 'two', 'three']);
    expect(offsets).toEqual([0, 2, 4]);
  });

  it('sends more than one batch of a partition one after another, in order', async () => {
    producer = create(500);
    await producer.fence(TOPICS);
    const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(60)}`);
    await producer.send(texts.map((text) => record('out', 0, text)));
    await producer.commit();
    expect(broker.committed('out-0')).toEqual(texts);
    expect(broker.asked.filter((api) => api === 'Produce').length).toBeGreaterThan(5);
  });

  it('loses nothing after a refusal: what the broker took of the aborted round is not taken for a repeat', async () => {
    broker.answer = (api, place) => (api === 'Produce' && place === 'out-0' ? MESSAGE_TOO_LARGE : 0);
    const refused = producer.send([
      record('changelog', 0, 'both'),
      record('out', 0, 'too large'),
      record('out', 1, 'small'),
    ]);
    await expect(refused).rejects.toMatchObject({ name: 'RefusedError', topic: 'out' });
    await producer.abort();
    broker.answer = () => 0;
    await producer.send([record('changelog', 0, 'only small'), record('out', 1, 'small')]);
    await producer.commit();
    await producer.send([record('changelog', 0, 'and fitting'), record('out', 0, 'fits')]);
    await producer.commit();
    expect(broker.committed('changelog-0')).toEqual(['only small', 'and fitting']);
    expect(broker.committed('out-1')).toEqual(['small']);
    expect(broker.committed('out-0')).toEqual(['fits']);
  });

  it('does not go on after a refusal when the fate of another batch is not known', async () => {
    const REQUEST_TIMED_OUT = 7;
    broker.answer = (api, place) =>
      api !== 'Produce' ? 0 : place === 'out-0' ? MESSAGE_TOO_LARGE : place === 'out-1' ? REQUEST_TIMED_OUT : 0;
    const sent = producer.send([record('changelog', 0, 'c'), record('out', 0, 'too large'), record('out', 1, 'late')]);
    await expect(sent).rejects.toBeInstanceOf(CommitUnknownError);
  });

  it('takes no step more after one of unknown outcome', async () => {
    broker.answer = (api) => (api === 'Produce' ? new Error('the connection was reset') : 0);
    await expect(producer.send([record('out', 0, 'a')])).rejects.toBeInstanceOf(CommitUnknownError);
    broker.answer = () => 0;
    const asked = broker.asked.length;
    await expect(producer.send([record('out', 0, 'b')])).rejects.toBeInstanceOf(CommitUnknownError);
    await expect(producer.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    expect(broker.asked).toHaveLength(asked);
  });

  it('takes a topic that it may not write for a refusal, with nothing to abort', async () => {
    failing('AddPartitionsToTxn', 1, 29);
    await expect(producer.send([record('out', 0, 'x')])).rejects.toBeInstanceOf(RefusedError);
    await producer.abort();
    expect(broker.asked).not.toContain('EndTxn');
  });

  it.each<[Api, number]>([
    ['InitProducerId', 51],
    ['AddPartitionsToTxn', 51],
    ['AddPartitionsToTxn', 16],
    ['Produce', 6],
    ['Produce', 19],
    ['AddOffsetsToTxn', 51],
    ['TxnOffsetCommit', 14],
    ['EndTxn', 15],
  ])('tries %s again on error %i, without repeating a record', async (api, code) => {
    producer = create();
    failing(api, 2, code);
    await producer.fence(TOPICS);
    await producer.send([record('changelog', 0, 'c'), record('out', 0, 'a')]);
    await producer.sendOffsets(MEMBER, OFFSETS);
    await producer.commit();
    expect([broker.committed('changelog-0'), broker.committed('out-0')]).toEqual([['c'], ['a']]);
  });

  it('is fenced by a newer producer, and by a group that has moved on', async () => {
    const whole = async (): Promise<void> => {
      await producer.send([record('out', 0, 'a')]);
      await producer.sendOffsets(MEMBER, OFFSETS);
      await producer.commit();
    };
    for (const [api, code] of [
      ['AddPartitionsToTxn', 90],
      ['Produce', 47],
      ['TxnOffsetCommit', 22],
      ['TxnOffsetCommit', 25],
      ['EndTxn', 48],
    ] as const) {
      failing(api, 1, code);
      await expect(whole(), `${api} ${code}`).rejects.toBeInstanceOf(FencedError);
      producer = create();
      broker.answer = () => 0;
      broker = new FakeCluster({ changelog: [0], out: [0, 1] });
      producer = create();
      await producer.fence(TOPICS);
    }
  });

  it('does not know what became of a transaction when the connection is gone, and does not try again', async () => {
    await producer.send([record('out', 0, 'a')]);
    failing('EndTxn', 1, Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' }));
    await expect(producer.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    expect(broker.asked.filter((api) => api === 'EndTxn')).toHaveLength(1);
  });

  it('gives up, of unknown outcome, when "later" lasts past its budget', async () => {
    failing('AddPartitionsToTxn', 1000, 51);
    await expect(producer.send([record('out', 0, 'a')])).rejects.toMatchObject({
      code: 'ERR_COMMIT_UNKNOWN',
      cause: { type: 'CONCURRENT_TRANSACTIONS' },
    });
  });

  it('looks a coordinator up once, and again when it has moved', async () => {
    await producer.send([record('out', 0, 'a')]);
    await producer.commit();
    expect(broker.lookUps).toBe(1);
    failing('EndTxn', 1, 16);
    await producer.send([record('out', 0, 'b')]);
    await producer.commit();
    expect(broker.lookUps).toBe(2);
  });

  it('takes no further step of a commit that was given up, and fences what is on its way', async () => {
    let answered = (): void => undefined;
    broker.answer = (api) => (api === 'AddOffsetsToTxn' ? 51 : 0);
    const commit = (async () => {
      await producer.send([record('out', 0, 'a')]);
      answered();
      await producer.sendOffsets(MEMBER, OFFSETS);
      await producer.commit();
    })();
    await new Promise<void>((resolve) => (answered = resolve));
    const abandoned = producer.abandon();
    broker.answer = () => 0;
    await abandoned;
    await expect(commit).rejects.toBeInstanceOf(CommitUnknownError);
    await expect(producer.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    expect(broker.asked).not.toContain('TxnOffsetCommit');
    expect(broker.asked).not.toContain('EndTxn');
    expect(broker.epoch).toBe(2);
  });

  it('ends nothing when nothing was begun', async () => {
    await producer.commit();
    await producer.abort();
    expect(broker.asked).toEqual(['InitProducerId']);
  });

  it('can not be used before it has fenced', async () => {
    await expect(create().send([record('out', 0, 'a')])).rejects.toThrow('app-0 is used before it was fenced');
  });
});
