/** A topic that is deleted and made again under a fetcher: never read at the offset of the one before it. */
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByteReader, ByteWriter } from '../../../../../common/bytes.js';
import { Fetcher, type PartitionConsumer } from '../../../../../topology/kafka/fetch/fetcher.js';
import type { RawRequest } from '../../../../../topology/kafka/protocol/internals.js';
import type { Leaders } from '../../../../../topology/kafka/cluster/leaders.js';
import { idBytes, idOf } from '../../../../../topology/kafka/protocol/topic-id.js';
import { textsAt } from '../records/log-segment.js';

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 3000, interval: 5 });
const [FIRST, SECOND] = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg'];
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const UNKNOWN_TOPIC_ID = 100;

/** A broker with one topic of one partition; speaks Fetch up to `version`. */
class FakeBroker {
  id: string | undefined = FIRST;
  end = 5;
  highWatermark = 8;
  readonly asked: string[] = [];
  readonly #version: number;

  constructor(version: number) {
    this.#version = version;
  }

  leaders(): Leaders {
    const versions = { 1: { minVersion: 4, maxVersion: this.#version } };
    const connectionPool = { send: (request: RawRequest<unknown>) => this.#serve(request) };
    return {
      leaderOf: () => 1,
      broker: () => Promise.resolve({ versions, connectionPool }),
      refresh: () => Promise.resolve(),
      topicIds: ([topic]: [string]) =>
        this.id === undefined
          ? Promise.reject(new Error('no such topic'))
          : Promise.resolve(new Map([[topic, this.id]])),
    } as unknown as Leaders;
  }

  async #serve<T>({ request, response }: RawRequest<T>): Promise<T> {
    const body = new ByteReader((await request.encode()).buffer);
    const byId = request.apiVersion === 13;
    if (byId) body.tags();
    body.raw(25);
    const name = byId ? this.#topicId(body) : this.#topicName(body);
    const offset = byId ? this.#position(body) : this.#namedPosition(body);
    this.asked.push(`${byId ? 'id' : 'name'} ${name}@${offset}`);
    const errorCode = this.#errorFor(byId, name, offset);
    const data = errorCode === 0 && offset < this.end ? textsAt(offset, ['x']) : Buffer.alloc(0);
    const out = byId ? this.#answerById(name, errorCode, data) : this.#answerByName(name, errorCode, data);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return response.parse(await response.decode(Buffer.from(out.bytes())));
  }

  #errorFor(byId: boolean, name: string, offset: number): number {
    if (byId && name !== this.id) return UNKNOWN_TOPIC_ID;
    if (this.id === undefined) return UNKNOWN_TOPIC_OR_PARTITION;
    return offset > this.end ? 1 : 0;
  }

  #topicId(body: ByteReader): string {
    expect(body.uvarint()).toBe(2);
    const id = idOf(body.raw(16));
    expect(body.uvarint()).toBe(2);
    return id;
  }

  #topicName(body: ByteReader): string {
    body.int32();
    const name = body.string();
    body.int32();
    return name;
  }

  #position(body: ByteReader): number {
    expect([body.int32(), body.int32()]).toEqual([0, -1]);
    const offset = body.int64();
    expect([body.int32(), body.int64(), body.int32()]).toEqual([-1, -1, 1000]);
    body.tags();
    body.tags();
    expect([body.uvarint(), body.compactString()]).toEqual([1, '']);
    body.tags();
    expect(body.remaining).toBe(0);
    return offset;
  }

  #namedPosition(body: ByteReader): number {
    body.raw(8);
    return body.int64();
  }

  #answerById(id: string, errorCode: number, data: Buffer): ByteWriter {
    const out = new ByteWriter().uvarint(0).int32(0).int16(0).int32(0).uvarint(2).raw(idBytes(id)).uvarint(2);
    out.int32(0).int16(errorCode).int64(this.highWatermark).int64(this.end).int64(0);
    out.uvarint(0); // no list of aborted transactions
    out
      .int32(-1)
      .uvarint(data.length + 1)
      .raw(data);
    return out.uvarint(0).uvarint(0).uvarint(0);
  }

  #answerByName(name: string, errorCode: number, data: Buffer): ByteWriter {
    const out = new ByteWriter().int32(0).int16(0).int32(0).int32(1).string(name).int32(1);
    out.int32(0).int16(errorCode).int64(this.highWatermark).int64(this.end).int64(0).int32(0);
    return out.int32(-1).int32(data.length).raw(data);
  }
}

interface Heard extends PartitionConsumer {
  readonly offsets: number[];
  readonly ids: string[];
  readonly out: number[];
  ends: readonly [lastStableOffset: number, highWatermark: number] | undefined;
}

function consumer(): Heard {
  const of: Heard = {
    offsets: [],
    ids: [],
    out: [],
    ends: undefined,
    hasRoom: () => true,
    isHeld: () => false,
    deliver: ({ records }, lastStableOffset, highWatermark) => {
      of.offsets.push(...[...records].map(({ offset }) => offset));
      of.ends = [lastStableOffset, highWatermark];
    },
    outOfRange: (position) => of.out.push(position),
    recreated: (topicId) => of.ids.push(topicId),
    unreadable: () => undefined,
  };
  return of;
}

describe('a topic that is made again under a fetcher', () => {
  let fetcher: Fetcher;
  afterEach(() => fetcher.close());
  const fetching = (broker: FakeBroker): Fetcher => {
    const limits = { maxWaitMs: 5, maxBytes: 1000, maxBytesPerPartition: 1000, maxRecordBytes: 1_000_000 };
    return (fetcher = new Fetcher(broker.leaders(), limits, pino({ level: 'silent' }), () => undefined));
  };

  it('is asked for by its id where the broker takes it, and what is delivered is what it holds', async () => {
    const broker = new FakeBroker(17);
    const of = consumer();
    fetching(broker).add('tasks', 0, 2, of, FIRST);
    await until(() => expect(of.offsets).toEqual([2, 3, 4]));
    expect(broker.asked[0]).toBe(`id ${FIRST}@2`);
    expect(of.ends).toEqual([5, 8]);
  });

  it('is never read at the old offset, though it would be in range', async () => {
    const broker = new FakeBroker(13);
    const of = consumer();
    fetching(broker).add('tasks', 0, 5, of, FIRST);
    await until(() => expect(broker.asked.length).toBeGreaterThan(1));
    broker.end = 50;
    broker.id = SECOND;
    await until(() => expect(of.ids).toEqual([SECOND]));
    expect(of.offsets).toEqual([]);
    const asked = broker.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(broker.asked.length).toBe(asked); // nothing more is fetched
  });

  it('is waited for while it does not exist', async () => {
    const broker = new FakeBroker(13);
    const of = consumer();
    fetching(broker).add('tasks', 0, 5, of, FIRST);
    broker.id = undefined;
    await until(() => expect(broker.asked.length).toBeGreaterThan(2));
    expect([of.ids, of.out]).toEqual([[], []]);
    broker.id = SECOND;
    await until(() => expect(of.ids).toEqual([SECOND]));
  });

  it('is found out by an older broker too, which fetches by name: when the old offset is out of range', async () => {
    const broker = new FakeBroker(12);
    const of = consumer();
    fetching(broker).add('tasks', 0, 5, of, FIRST);
    await until(() => expect(broker.asked).toContain('name tasks@5'));
    broker.end = 1;
    broker.id = SECOND;
    await until(() => expect(of.ids).toEqual([SECOND]));
    expect(of.out).toEqual([]);
  });

  it('is not taken for one whose records are gone', async () => {
    const broker = new FakeBroker(12);
    const of = consumer();
    fetching(broker).add('tasks', 0, 9, of, FIRST);
    await until(() => expect(of.out).toEqual([9]));
    expect(of.ids).toEqual([]);
  });

  it('can not be told where no id is known: the topic is fetched by name', async () => {
    const broker = new FakeBroker(17);
    const of = consumer();
    fetching(broker).add('tasks', 0, 3, of);
    await until(() => expect(of.offsets).toEqual([3, 4]));
    expect(broker.asked[0]).toBe('name tasks@3');
  });
});
