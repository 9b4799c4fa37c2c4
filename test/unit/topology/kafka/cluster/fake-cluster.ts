/**
 * A broker as far as our own requests need one: it reads them off the wire format, keeps the logs, and checks
 * sequences as Kafka does: the batch that it has already is acknowledged and not appended.
 */
import { ByteReader, ByteWriter } from '../../../../../common/bytes.js';
import type { Broker, Cluster, RawRequest } from '../../../../../topology/kafka/protocol/internals.js';
import { Decoder, decodeBatch } from './kafkajs-internals.js';

const API = {
  0: 'Produce',
  18: 'ApiVersions',
  22: 'InitProducerId',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  28: 'TxnOffsetCommit',
} as const;
export type Api = (typeof API)[keyof typeof API];

interface Appended {
  readonly value: string | undefined;
  readonly offset: number;
  outcome: 'open' | 'committed' | 'aborted';
}

const COORDINATOR_LOAD_IN_PROGRESS = 14;
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;
const INVALID_PRODUCER_EPOCH = 47;
/** Kept back for fencing. */
const LAST_EPOCH = 0x7fff;
/** Api key and version from which on a transaction is of version 2. */
const NEWEST = [
  [0, 12],
  [26, 5],
  [28, 5],
] as const;

export class FakeCluster {
  readonly asked: Api[] = [];
  readonly logs = new Map<string, Appended[]>();
  readonly #ends = new Map<string, number>();
  readonly #nextSequences = new Map<string, number>();
  readonly #last = new Map<string, { readonly sequence: number; readonly count: number; readonly offset: number }>();
  readonly #touched = new Set<string>();
  readonly #leaders: Readonly<Record<string, readonly number[]>>;
  /** An error code for this request, or for one partition of a Produce; 0 to go on; an Error for a lost connection. */
  answer: (api: Api, place: string, bytes: number) => number | Error = () => 0;
  /** Coordinators looked up. */
  lookUps = 0;
  /** The producer of which a batch or an end is taken. */
  producerId = 900n;
  epoch = 0;
  /** `transaction.version` of the cluster; undefined for a broker that knows of no features. */
  readonly transactionVersion: number | undefined;
  /** Before a broker is found. */
  lookUp: (nodeId: number) => Promise<void> = () => Promise.resolve();
  /** The next EndTxn is done, and answered with COORDINATOR_LOAD_IN_PROGRESS, as when its coordinator moves. */
  endsUnheard = false;

  /** Leaders of the partitions of each topic, by node id. */
  constructor(leaders: Readonly<Record<string, readonly number[]>>, transactionVersion?: number) {
    this.#leaders = leaders;
    this.transactionVersion = transactionVersion;
  }

  cluster(): Cluster {
    const broker = (nodeId: number): Broker =>
      ({
        nodeId,
        connectionPool: { send: (request: RawRequest<unknown>) => this.#serve(request) },
      }) as unknown as Broker;
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      refreshMetadata: () => Promise.resolve(),
      addMultipleTargetTopics: () => Promise.resolve(),
      findTopicPartitionMetadata: (topic: string) =>
        (this.#leaders[topic] ?? []).map((leader, partitionId) => ({ partitionId, leader })),
      findBroker: ({ nodeId }: { nodeId: number }) => this.lookUp(nodeId).then(() => broker(nodeId)),
      findGroupCoordinator: () => {
        this.lookUps += 1;
        return Promise.resolve(broker(0));
      },
    } as unknown as Cluster;
  }

  /** Values that a read_committed reader would be given. */
  committed(place: string): (string | undefined)[] {
    return (this.logs.get(place) ?? []).filter(({ outcome }) => outcome === 'committed').map(({ value }) => value);
  }

  async #serve<T>({ request, response }: RawRequest<T>): Promise<T> {
    const api = API[request.apiKey as keyof typeof API];
    this.asked.push(api);
    const { buffer: first, more } = await request.encode();
    const buffer = Buffer.concat([first, ...more]);
    const out = new ByteWriter();
    const refused = api === 'Produce' ? 0 : this.answer(api, '', buffer.length);
    if (refused instanceof Error) throw refused;
    const isFlexible = NEWEST.some(([apiKey, version]) => apiKey === request.apiKey && version === request.apiVersion);
    await (isFlexible ? this.#writeFlexible : this.#write).call(this, api, new ByteReader(buffer), out, refused);
    return response.parse(await response.decode(Buffer.from(out.bytes())));
  }

  async #write(api: Api, body: ByteReader, out: ByteWriter, code: number): Promise<void> {
    switch (api) {
      case 'ApiVersions':
        this.#writeVersions(out, code);
        return;
      case 'InitProducerId':
        this.#nextEpoch();
        out.int32(0).int16(code).bigint64(this.producerId).int16(this.epoch);
        return;
      case 'AddPartitionsToTxn': {
        body.string();
        body.raw(10);
        out.int32(0);
        const topics = body.int32();
        out.int32(topics);
        for (let t = 0; t < topics; t += 1) {
          out.string(body.string());
          const partitions = body.int32();
          out.int32(partitions);
          for (let p = 0; p < partitions; p += 1) out.int32(body.int32()).int16(code);
        }
        return;
      }
      case 'AddOffsetsToTxn':
        out.int32(0).int16(code);
        return;
      case 'EndTxn':
        body.string();
        body.raw(10);
        if (code === 0) this.#endTransaction(body.int8() === 1);
        out.int32(0).int16(code);
        return;
      case 'TxnOffsetCommit':
        this.#writeOffsets(out, code);
        return;
      case 'Produce':
        await this.#produce(body, out);
    }
  }

  /** The requests of version 2: Produce, TxnOffsetCommit and EndTxn. */
  async #writeFlexible(api: Api, body: ByteReader, out: ByteWriter, code: number): Promise<void> {
    body.tags();
    if (api === 'Produce') {
      await this.#produceFlexible(body, out);
      return;
    }
    if (api === 'TxnOffsetCommit') {
      this.#writeOffsets(out, code);
      return;
    }
    body.compactString();
    body.raw(8); // producer id
    const answer = code === 0 ? this.#endAndBump(body.int16(), body.int8() === 1) : code;
    out.uvarint(0).int32(0).int16(answer);
    out
      .bigint64(answer === 0 ? this.producerId : -1n)
      .int16(answer === 0 ? this.epoch : -1)
      .uvarint(0);
  }

  /** The repeat of an end is answered alike. */
  #endAndBump(epoch: number, isCommit: boolean): number {
    if (epoch !== this.epoch) return epoch === this.epoch - 1 && this.#touched.size === 0 ? 0 : INVALID_PRODUCER_EPOCH;
    this.#endTransaction(isCommit);
    this.#nextEpoch();
    const isHeard = !this.endsUnheard;
    this.endsUnheard = false;
    return isHeard ? 0 : COORDINATOR_LOAD_IN_PROGRESS;
  }

  #writeVersions(out: ByteWriter, code: number): void {
    if (code !== 0) {
      out.int16(code).int32(0);
      return;
    }
    out.int16(0).uvarint(NEWEST.length + 1);
    for (const [apiKey, newest] of NEWEST) out.int16(apiKey).int16(0).int16(newest).uvarint(0);
    out.int32(0);
    if (this.transactionVersion === undefined) {
      out.uvarint(0);
      return;
    }
    const features = new ByteWriter().uvarint(3);
    for (const [feature, level] of [
      ['metadata.version', 25],
      ['transaction.version', this.transactionVersion],
    ] as const)
      features.compactString(feature).int16(level).int16(level).uvarint(0);
    // The epoch of the features, then the features.
    out.uvarint(2).uvarint(1).uvarint(8).int64(7).uvarint(2).uvarint(features.length).raw(features.bytes());
  }

  #writeOffsets(out: ByteWriter, code: number): void {
    out
      .uvarint(0)
      .int32(0)
      .uvarint(2)
      .compactString('t')
      .uvarint(2)
      .int32(0)
      .int16(code)
      .uvarint(0)
      .uvarint(0)
      .uvarint(0);
  }

  /** Each counts its sequences from 0; when they are used up, another producer id takes over. */
  #nextEpoch(): void {
    this.epoch += 1;
    if (this.epoch === LAST_EPOCH) {
      this.producerId += 1n;
      this.epoch = 0;
    }
    this.#nextSequences.clear();
    this.#last.clear();
  }

  #endTransaction(isCommit: boolean): void {
    for (const place of this.#touched) {
      for (const record of this.logs.get(place)!)
        if (record.outcome === 'open') record.outcome = isCommit ? 'committed' : 'aborted';
      this.#ends.set(place, this.#ends.get(place)! + 1);
    }
    this.#touched.clear();
  }

  async #produce(body: ByteReader, out: ByteWriter): Promise<void> {
    body.string();
    body.raw(6); // acks, timeout
    const topics = body.int32();
    out.int32(topics);
    for (let t = 0; t < topics; t += 1) {
      const topic = body.string();
      const partitions = body.int32();
      out.string(topic).int32(partitions);
      for (let p = 0; p < partitions; p += 1) {
        const partition = body.int32();
        const batch = Buffer.from(body.raw(body.int32()));
        const [code, offset] = await this.#append(`${topic}-${partition}`, batch);
        out.int32(partition).int16(code).int64(offset).int64(-1).int64(0);
      }
    }
    out.int32(0);
  }

  async #produceFlexible(body: ByteReader, out: ByteWriter): Promise<void> {
    body.compactNullableString();
    body.raw(6); // acks, timeout
    const topics = body.uvarint();
    out.uvarint(0).uvarint(topics);
    for (let t = 1; t < topics; t += 1) {
      const topic = body.compactString();
      const partitions = body.uvarint();
      out.compactString(topic).uvarint(partitions);
      for (let p = 1; p < partitions; p += 1) {
        const partition = body.int32();
        const batch = Buffer.from(body.raw(body.uvarint() - 1));
        body.tags();
        const [code, offset] = await this.#append(`${topic}-${partition}`, batch);
        out.int32(partition).int16(code).int64(offset).int64(-1).int64(0);
        // One record and a message, and who leads now: nothing that we look at.
        out.uvarint(2).int32(0).compactString('a record').uvarint(0).compactString('why');
        out.uvarint(1).uvarint(0).uvarint(9).int32(1).int32(2).uvarint(0);
      }
      body.tags();
      out.uvarint(0);
    }
    out.int32(0).uvarint(0);
  }

  async #append(place: string, bytes: Buffer): Promise<[code: number, offset: number]> {
    const code = this.answer('Produce', place, bytes.length);
    if (code instanceof Error) throw code;
    if (code !== 0) return [code, -1];
    const { producerId, producerEpoch, firstSequence, records } = await decodeBatch(new Decoder(bytes));
    if (producerEpoch !== this.epoch || producerId !== String(this.producerId)) return [INVALID_PRODUCER_EPOCH, -1];
    const last = this.#last.get(place);
    if (last?.sequence === firstSequence && last.count === records.length) return [0, last.offset];
    if (firstSequence !== (this.#nextSequences.get(place) ?? 0)) return [OUT_OF_ORDER_SEQUENCE_NUMBER, -1];
    const offset = this.#ends.get(place) ?? 0;
    const log = this.logs.get(place) ?? [];
    records.forEach(({ value }, i) => log.push({ value: value?.toString(), offset: offset + i, outcome: 'open' }));
    this.logs.set(place, log);
    this.#ends.set(place, offset + records.length);
    this.#touched.add(place);
    this.#nextSequences.set(place, firstSequence + records.length);
    this.#last.set(place, { sequence: firstSequence, count: records.length, offset });
    return [0, offset];
  }
}
