import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitUnknownError, FencedError } from '../../../../../common/errors.js';
import { createCluster } from '../../../../../topology/kafka/cluster/connect.js';
import { BrokerError } from '../../../../../topology/kafka/protocol/protocol-errors.js';
import type { OutboundRecord } from '../../../../../topology/kafka/records/record-batch.js';
import { RefusedError, TransactionalProducer } from '../../../../../topology/kafka/produce/transactional-producer.js';
import { FakeCluster, type Api } from '../cluster/fake-cluster.js';

vi.mock('../../../../../topology/kafka/cluster/connect.js', () => ({ createCluster: vi.fn() }));

const TOPICS = ['changelog', 'out'];
const MEMBER = { groupId: 'g', generationId: 3, memberId: 'm' };
const OFFSETS = [{ topic: 'in', partition: 0, offset: 12 }];
const MESSAGE_TOO_LARGE = 10;
const UNSUPPORTED_VERSION = 35;
const record = (topic: string, partition: number, text: string): OutboundRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(text),
});

const VERSIONS = [1, 2] as const;

describe.each(VERSIONS)('TransactionalProducer, with transactions of version %i', (version) => {
  let broker: FakeCluster;
  let producer: TransactionalProducer;
  const isFirst = version === 1;

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
    broker = new FakeCluster({ changelog: [0], out: [0, 1] }, version);
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
    expect(broker.asked).toEqual(
      isFirst
        ? [
            'ApiVersions',
            'InitProducerId',
            'AddPartitionsToTxn',
            'Produce',
            'Produce',
            'AddOffsetsToTxn',
            'TxnOffsetCommit',
            'EndTxn',
          ]
        : ['ApiVersions', 'InitProducerId', 'Produce', 'Produce', 'TxnOffsetCommit', 'EndTxn'],
    );
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

  it('counts sequences as the epoch asks for, from one transaction to the next, and tells the offset of each', async () => {
    const offsets: number[] = [];
    for (const text of ['one', 'two', 'three']) {
      await producer.send([record('changelog', 0, text)], (_, __, offset) => offsets.push(offset));
      await producer.commit();
    }
    expect(broker.committed('changelog-0')).toEqual(['one', 'two', 'three']);
    expect(offsets).toEqual([0, 2, 4]);
    expect(broker.epoch).toBe(isFirst ? 1 : 4);
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

  it('sends nothing twice when one of the leaders is not found at first', async () => {
    const LEADER_NOT_AVAILABLE = 5;
    let asked = 0;
    broker.lookUp = async (nodeId) => {
      if (nodeId !== 1 || (asked += 1) > 1) return;
      // By then the other leader would have answered.
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new BrokerError(LEADER_NOT_AVAILABLE, 'Metadata');
    };
    await producer.send([record('changelog', 0, 'c'), record('out', 0, 'a'), record('out', 1, 'b')]);
    await producer.commit();
    expect(asked).toBe(2);
    expect(['changelog-0', 'out-0', 'out-1'].map((place) => broker.committed(place))).toEqual([['c'], ['a'], ['b']]);
  });

  it('does not go on after a refusal when the fate of another batch is not known', async () => {
    const REQUEST_TIMED_OUT = 7;
    broker.answer = (api, place) =>
      api !== 'Produce' ? 0 : place === 'out-0' ? MESSAGE_TOO_LARGE : place === 'out-1' ? REQUEST_TIMED_OUT : 0;
    const sent = producer.send([record('changelog', 0, 'c'), record('out', 0, 'too large'), record('out', 1, 'late')]);
    await expect(sent).rejects.toBeInstanceOf(CommitUnknownError);
  });

  it('goes on after a refusal when another batch was to wait for the markers of the last transaction', async () => {
    const CONCURRENT_TRANSACTIONS = 51;
    broker.answer = (api, place) =>
      api !== 'Produce' ? 0 : place === 'out-0' ? MESSAGE_TOO_LARGE : place === 'out-1' ? CONCURRENT_TRANSACTIONS : 0;
    const sent = producer.send([record('out', 0, 'too large'), record('out', 1, 'waits')]);
    await expect(sent).rejects.toBeInstanceOf(RefusedError);
    broker.answer = () => 0;
    await producer.abort();
    await producer.send([record('out', 1, 'waited')]);
    await producer.commit();
    expect(broker.committed('out-1')).toEqual(['waited']);
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

  it('takes a topic that it may not write for a refusal', async () => {
    failing(isFirst ? 'AddPartitionsToTxn' : 'Produce', 1, 29);
    await expect(producer.send([record('out', 0, 'x')])).rejects.toBeInstanceOf(RefusedError);
    await producer.abort();
    // All were added or none; of version 2 any of them may have been.
    expect(broker.asked.includes('EndTxn')).toBe(!isFirst);
    await producer.send([record('out', 0, 'y')]);
    await producer.commit();
    expect(broker.committed('out-0')).toEqual(['y']);
  });

  it.each<[Api, number]>([
    ['ApiVersions', -1],
    ['InitProducerId', 51],
    ...(isFirst
      ? ([
          ['AddPartitionsToTxn', 51],
          ['AddPartitionsToTxn', 16],
          ['AddOffsetsToTxn', 51],
        ] satisfies [Api, number][])
      : ([
          ['Produce', 51],
          ['TxnOffsetCommit', 51],
          ['EndTxn', 51],
        ] satisfies [Api, number][])),
    ['Produce', 6],
    ['Produce', 19],
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
      [isFirst ? 'AddPartitionsToTxn' : 'EndTxn', 90],
      ['Produce', 47],
      ['TxnOffsetCommit', 22],
      ['TxnOffsetCommit', 25],
      ['EndTxn', 48],
    ] as const) {
      failing(api, 1, code);
      await expect(whole(), `${api} ${code}`).rejects.toBeInstanceOf(FencedError);
      producer = create();
      broker = new FakeCluster({ changelog: [0], out: [0, 1] }, version);
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
    failing(isFirst ? 'AddPartitionsToTxn' : 'Produce', 1000, 51);
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
    const step = isFirst ? 'AddOffsetsToTxn' : 'TxnOffsetCommit';
    broker.answer = (api) => (api === step ? 51 : 0);
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
    expect(broker.asked.filter((api) => api === 'TxnOffsetCommit')).toHaveLength(isFirst ? 0 : 1);
    expect(broker.asked).not.toContain('EndTxn');
    expect(broker.epoch).toBe(2);
  });

  it('ends nothing when nothing was begun', async () => {
    await producer.commit();
    await producer.abort();
    expect(broker.asked).toEqual(['ApiVersions', 'InitProducerId']);
  });

  it('cannot be used before it has fenced', async () => {
    await expect(create().send([record('out', 0, 'a')])).rejects.toThrow('app-0 is used before it was fenced');
    await expect(create().sendOffsets(MEMBER, OFFSETS)).rejects.toThrow(
      'a transactional producer cannot go from created to open',
    );
  });
});

describe('TransactionalProducer', () => {
  const fenced = async (broker: FakeCluster): Promise<TransactionalProducer> => {
    vi.mocked(createCluster).mockReturnValue(broker.cluster());
    const settings = { brokers: [], clientId: 'c', connectionTimeoutMs: 1000, requestTimeoutMs: 1000 };
    const options = {
      transactionalId: 'app-0',
      transactionTimeoutMs: 1000,
      retryBudgetMs: 200,
      maxBatchBytes: 900_000,
    };
    const producer = new TransactionalProducer(settings, options, pino({ level: 'silent' }));
    await producer.fence(['out']);
    return producer;
  };
  const commit = async (producer: TransactionalProducer, text: string): Promise<void> => {
    await producer.send([record('out', 0, text)]);
    await producer.commit();
  };

  it.each([
    ['knows of no features', undefined, 0],
    ['has not been told of version 2', 1, 0],
    ['does not know the question', 2, UNSUPPORTED_VERSION],
  ])('speaks version 1 to a cluster that %s', async (_, transactionVersion, code) => {
    const broker = new FakeCluster({ out: [0] }, transactionVersion);
    broker.answer = (api) => (api === 'ApiVersions' ? code : 0);
    await commit(await fenced(broker), 'a');
    expect(broker.asked).toContain('AddPartitionsToTxn');
    expect(broker.committed('out-0')).toEqual(['a']);
  });

  it('goes on under the new epoch when EndTxn of version 2 was done, answered "later", and asked again', async () => {
    const broker = new FakeCluster({ out: [0] }, 2);
    const producer = await fenced(broker);
    broker.endsUnheard = true;
    await commit(producer, 'a');
    await commit(producer, 'b');
    expect(broker.committed('out-0')).toEqual(['a', 'b']);
    expect(broker.epoch).toBe(3);
    expect(broker.asked.filter((api) => api === 'EndTxn')).toHaveLength(3);
  });

  it('goes on under another producer id when its epochs are used up', async () => {
    const broker = new FakeCluster({ out: [0] }, 2);
    broker.epoch = 0x7ffd - 1;
    const producer = await fenced(broker);
    for (const text of ['a', 'b', 'c', 'd']) await commit(producer, text);
    expect(broker.committed('out-0')).toEqual(['a', 'b', 'c', 'd']);
    expect([broker.producerId, broker.epoch]).toEqual([901n, 2]);
  });

  it('counts sequences from 0 after an abort of version 2, also of what the broker had taken', async () => {
    const broker = new FakeCluster({ out: [0, 0] }, 2);
    const producer = await fenced(broker);
    broker.answer = (api, place) => (api === 'Produce' && place === 'out-1' ? MESSAGE_TOO_LARGE : 0);
    const both = [record('out', 0, 'taken'), record('out', 1, 'too large')];
    await expect(producer.send(both)).rejects.toBeInstanceOf(RefusedError);
    await producer.abort();
    broker.answer = () => 0;
    await commit(producer, 'again');
    expect(broker.committed('out-0')).toEqual(['again']);
    expect(broker.logs.get('out-0')?.map(({ outcome }) => outcome)).toEqual(['aborted', 'committed']);
  });
});
