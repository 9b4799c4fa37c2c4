import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { CommitUnknownError, FencedError } from '../../../../../common/errors.js';
import { ErrorCode } from '../../../../../topology/kafka/protocol/error-codes.js';
import type { Cluster } from '../../../../../topology/kafka/protocol/internals.js';
import { BrokerError } from '../../../../../topology/kafka/protocol/protocol-errors.js';
import type { OutboundRecord } from '../../../../../topology/kafka/records/record-batch.js';
import { RefusedError, TransactionalProducer } from '../../../../../topology/kafka/produce/transactional-producer.js';
import type { MemoryBrokerOptions } from '../../../../model/memory-broker/memory-broker.js';
import type { Api } from '../../../../model/memory-broker/memory-cluster.js';
import { connectionLost, MemoryKafka } from '../memory-kafka.js';

const TOPICS = ['changelog', 'out'];
/** Who speaks for no member: a group takes its offsets as they come. */
const MEMBER = { groupId: 'g', generationId: -1, memberId: '' };
const OFFSETS = [{ topic: 'in', partition: 0, offset: 12 }];
const { CONCURRENT_TRANSACTIONS, LEADER_NOT_AVAILABLE, MESSAGE_TOO_LARGE, NONE, REQUEST_TIMED_OUT } = ErrorCode;
const record = (topic: string, partition: number, text: string): OutboundRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(text),
});

/** A cluster with a changelog that node 0 leads, and outputs that node 1 leads. */
const cluster = (options: MemoryBrokerOptions): MemoryKafka => {
  const kafka = new MemoryKafka({ changelog: 1, out: 2 }, options);
  kafka.broker.lead('out', 1);
  return kafka;
};

/** The steps of the producer, without the look-ups. */
const stepsOf = ({ asked }: MemoryKafka): Api[] =>
  asked.map(({ api }) => api).filter((api) => api !== 'Metadata' && api !== 'FindCoordinator');

const createProducer = (brokers: Cluster, maxBatchBytes = 900_000): TransactionalProducer =>
  new TransactionalProducer(
    { brokers: [], clientId: 'c', connectionTimeoutMs: 1000, requestTimeoutMs: 1000 },
    { transactionalId: 'app-0', transactionTimeoutMs: 1000, retryBudgetMs: 200, maxBatchBytes },
    pino({ level: 'silent' }),
    brokers,
  );

const VERSIONS = [1, 2] as const;

describe.each(VERSIONS)('TransactionalProducer, with transactions of version %i', (version) => {
  let kafka: MemoryKafka;
  let producer: TransactionalProducer;
  const isFirst = version === 1;

  const create = (maxBatchBytes?: number): TransactionalProducer => createProducer(kafka.cluster(), maxBatchBytes);
  /** The error code with which a Produce to that partition of `out` is answered. */
  const refuse = (codes: Readonly<Record<string, number>>): void => {
    kafka.broker.faults.refuse = (api, place) => (api === 'Produce' ? (codes[place] ?? NONE) : NONE);
  };
  const failing = (failed: Api, times: number, code: number): void => {
    let left = times;
    kafka.broker.faults.refuse = (api) => (api === failed && (left -= 1) >= 0 ? code : NONE);
  };
  const losing = (lost: Api): void => {
    kafka.meddle = ({ api }) => {
      if (api === lost) throw connectionLost('the connection was reset');
    };
  };
  const whole = (): void => {
    kafka.broker.faults.refuse = () => NONE;
    kafka.meddle = () => undefined;
  };

  beforeEach(async () => {
    kafka = cluster({ transactionVersion: version });
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
    expect(kafka.committed('out', 0)).toEqual([]);
    await producer.commit();
    expect(stepsOf(kafka)).toEqual(
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
    expect([kafka.committed('changelog', 0), kafka.committed('out', 0), kafka.committed('out', 1)]).toEqual([
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
    expect(kafka.committed('changelog', 0)).toEqual(['one', 'two', 'three']);
    expect(offsets).toEqual([0, 2, 4]);
    expect(kafka.broker.transactions.owner('app-0')?.epoch).toBe(isFirst ? 0 : 3);
  });

  it('sends more than one batch of a partition one after another, in order', async () => {
    producer = create(500);
    await producer.fence(TOPICS);
    const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(60)}`);
    await producer.send(texts.map((text) => record('out', 0, text)));
    await producer.commit();
    expect(kafka.committed('out', 0)).toEqual(texts);
    expect(kafka.count('Produce')).toBeGreaterThan(5);
  });

  it('loses nothing after a refusal: what the broker took of the aborted round is not taken for a repeat', async () => {
    refuse({ 'out/0': MESSAGE_TOO_LARGE });
    const refused = producer.send([
      record('changelog', 0, 'both'),
      record('out', 0, 'too large'),
      record('out', 1, 'small'),
    ]);
    await expect(refused).rejects.toMatchObject({ name: 'RefusedError', topic: 'out' });
    await producer.abort();
    whole();
    await producer.send([record('changelog', 0, 'only small'), record('out', 1, 'small')]);
    await producer.commit();
    await producer.send([record('changelog', 0, 'and fitting'), record('out', 0, 'fits')]);
    await producer.commit();
    expect(kafka.committed('changelog', 0)).toEqual(['only small', 'and fitting']);
    expect(kafka.committed('out', 1)).toEqual(['small']);
    expect(kafka.committed('out', 0)).toEqual(['fits']);
  });

  it('sends nothing twice when one of the leaders is not found at first', async () => {
    let asked = 0;
    const brokers = kafka.cluster();
    const findBroker: Cluster['findBroker'] = async (node) => {
      if (node.nodeId !== 1 || (asked += 1) > 1) return brokers.findBroker(node);
      // By then the other leader would have answered.
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new BrokerError(LEADER_NOT_AVAILABLE, 'Metadata');
    };
    producer = createProducer({ ...brokers, findBroker });
    await producer.fence(TOPICS);
    await producer.send([record('changelog', 0, 'c'), record('out', 0, 'a'), record('out', 1, 'b')]);
    await producer.commit();
    expect(asked).toBe(2);
    expect([kafka.committed('changelog', 0), kafka.committed('out', 0), kafka.committed('out', 1)]).toEqual([
      ['c'],
      ['a'],
      ['b'],
    ]);
  });

  it('does not go on after a refusal when the fate of another batch is not known', async () => {
    refuse({ 'out/0': MESSAGE_TOO_LARGE, 'out/1': REQUEST_TIMED_OUT });
    const sent = producer.send([record('changelog', 0, 'c'), record('out', 0, 'too large'), record('out', 1, 'late')]);
    await expect(sent).rejects.toBeInstanceOf(CommitUnknownError);
  });

  it('goes on after a refusal when another batch was to wait for the markers of the last transaction', async () => {
    refuse({ 'out/0': MESSAGE_TOO_LARGE, 'out/1': CONCURRENT_TRANSACTIONS });
    const sent = producer.send([record('out', 0, 'too large'), record('out', 1, 'waits')]);
    await expect(sent).rejects.toBeInstanceOf(RefusedError);
    whole();
    await producer.abort();
    await producer.send([record('out', 1, 'waited')]);
    await producer.commit();
    expect(kafka.committed('out', 1)).toEqual(['waited']);
  });

  it('takes no step more after one of unknown outcome', async () => {
    losing('Produce');
    await expect(producer.send([record('out', 0, 'a')])).rejects.toBeInstanceOf(CommitUnknownError);
    whole();
    const asked = kafka.asked.length;
    await expect(producer.send([record('out', 0, 'b')])).rejects.toBeInstanceOf(CommitUnknownError);
    await expect(producer.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    expect(kafka.asked).toHaveLength(asked);
  });

  it('takes a topic that it may not write for a refusal', async () => {
    failing(isFirst ? 'AddPartitionsToTxn' : 'Produce', 1, 29);
    await expect(producer.send([record('out', 0, 'x')])).rejects.toBeInstanceOf(RefusedError);
    await producer.abort();
    // All were added or none; of version 2 any of them may have been.
    expect(kafka.count('EndTxn') > 0).toBe(!isFirst);
    await producer.send([record('out', 0, 'y')]);
    await producer.commit();
    expect(kafka.committed('out', 0)).toEqual(['y']);
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
    expect([kafka.committed('changelog', 0), kafka.committed('out', 0)]).toEqual([['c'], ['a']]);
  });

  it('is fenced by a newer producer, and by a group that has moved on', async () => {
    const commitAll = async (): Promise<void> => {
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
      await expect(commitAll(), `${api} ${code}`).rejects.toBeInstanceOf(FencedError);
      kafka = cluster({ transactionVersion: version });
      producer = create();
      await producer.fence(TOPICS);
    }
  });

  it('does not know what became of a transaction when the connection is gone, and does not try again', async () => {
    await producer.send([record('out', 0, 'a')]);
    losing('EndTxn');
    await expect(producer.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    expect(kafka.count('EndTxn')).toBe(1);
  });

  it('gives up, of unknown outcome, when "later" lasts past its budget', async () => {
    failing(isFirst ? 'AddPartitionsToTxn' : 'Produce', 1000, 51);
    await expect(producer.send([record('out', 0, 'a')])).rejects.toMatchObject({
      code: 'ERR_COMMIT_UNKNOWN',
      cause: { type: 'CONCURRENT_TRANSACTIONS' },
    });
  });

  it('looks a coordinator up once, and again when it has moved', async () => {
    const lookUps = (): number => kafka.count('FindCoordinator');
    await producer.send([record('out', 0, 'a')]);
    await producer.commit();
    expect(lookUps()).toBe(1);
    failing('EndTxn', 1, 16);
    await producer.send([record('out', 0, 'b')]);
    await producer.commit();
    expect(lookUps()).toBe(2);
  });

  it('takes no further step of a commit that was given up, and fences what is on its way', async () => {
    const step = isFirst ? 'AddOffsetsToTxn' : 'TxnOffsetCommit';
    const waits = new Promise<void>((resolve) => {
      kafka.broker.faults.refuse = (api) => {
        if (api !== step) return NONE;
        resolve();
        return CONCURRENT_TRANSACTIONS;
      };
    });
    const commit = (async () => {
      await producer.send([record('out', 0, 'a')]);
      await producer.sendOffsets(MEMBER, OFFSETS);
      await producer.commit();
    })();
    const given = expect(commit).rejects.toBeInstanceOf(CommitUnknownError);
    await waits;
    const abandoned = producer.abandon();
    whole();
    // Its transaction is aborted under a new epoch; the markers are written a moment later.
    await expect(abandoned).rejects.toMatchObject({ type: 'CONCURRENT_TRANSACTIONS' });
    await given;
    await expect(producer.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    expect(kafka.count('TxnOffsetCommit')).toBe(isFirst ? 0 : 1);
    expect(kafka.count('EndTxn')).toBe(0);
    expect(kafka.broker.transactions.owner('app-0')?.epoch).toBe(1);
  });

  it('ends nothing when nothing was begun', async () => {
    await producer.commit();
    await producer.abort();
    expect(stepsOf(kafka)).toEqual(['ApiVersions', 'InitProducerId']);
  });

  it('cannot be used before it has fenced', async () => {
    await expect(create().send([record('out', 0, 'a')])).rejects.toThrow('app-0 is used before it was fenced');
    await expect(create().sendOffsets(MEMBER, OFFSETS)).rejects.toThrow(
      'a transactional producer cannot go from created to open',
    );
  });
});

describe('TransactionalProducer', () => {
  const fenced = async (kafka: MemoryKafka): Promise<TransactionalProducer> => {
    const producer = createProducer(kafka.cluster());
    await producer.fence(['out']);
    return producer;
  };
  const commit = async (producer: TransactionalProducer, text: string): Promise<void> => {
    await producer.send([record('out', 0, text)]);
    await producer.commit();
  };

  it.each([
    ['knows of no features', 0, NONE],
    ['has not been told of version 2', 1, NONE],
    ['does not know the question', 2, ErrorCode.UNSUPPORTED_VERSION],
  ] as const)('speaks version 1 to a cluster that %s', async (_, transactionVersion, code) => {
    const kafka = cluster({ transactionVersion });
    kafka.broker.faults.refuse = (api) => (api === 'ApiVersions' ? code : NONE);
    await commit(await fenced(kafka), 'a');
    expect(kafka.count('AddPartitionsToTxn')).toBe(1);
    expect(kafka.committed('out', 0)).toEqual(['a']);
  });

  it('goes on under the new epoch when EndTxn of version 2 was done, answered "later", and asked again', async () => {
    const kafka = cluster({});
    const producer = await fenced(kafka);
    kafka.broker.faults.endAnswer = ErrorCode.GROUP_LOAD_IN_PROGRESS;
    await commit(producer, 'a');
    await commit(producer, 'b');
    expect(kafka.committed('out', 0)).toEqual(['a', 'b']);
    expect(kafka.broker.transactions.owner('app-0')?.epoch).toBe(2);
    expect(kafka.count('EndTxn')).toBe(3);
  });

  it('goes on under another producer id when its epochs are used up', async () => {
    const kafka = cluster({ epochs: 3 });
    const producer = await fenced(kafka);
    const first = kafka.broker.transactions.owner('app-0')!.producerId;
    for (const text of ['a', 'b', 'c', 'd']) await commit(producer, text);
    expect(kafka.committed('out', 0)).toEqual(['a', 'b', 'c', 'd']);
    expect(kafka.broker.transactions.owner('app-0')).toMatchObject({ producerId: first + 1n, epoch: 1 });
  });

  it('counts sequences from 0 after an abort of version 2, also of what the broker had taken', async () => {
    const kafka = cluster({});
    const producer = await fenced(kafka);
    kafka.broker.faults.refuse = (_, place) => (place === 'out/1' ? MESSAGE_TOO_LARGE : NONE);
    const both = [record('out', 0, 'taken'), record('out', 1, 'too large')];
    await expect(producer.send(both)).rejects.toBeInstanceOf(RefusedError);
    await producer.abort();
    kafka.broker.faults.refuse = () => NONE;
    await commit(producer, 'again');
    expect(kafka.committed('out', 0)).toEqual(['again']);
    const written = kafka.broker.log('out', 0).batches.filter(({ control }) => !control);
    expect(written.map(({ outcome }) => outcome)).toEqual(['aborted', 'committed']);
  });
});
