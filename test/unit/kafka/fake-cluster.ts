/**
 * A broker as far as our own requests need one: it reads them off the wire format, keeps the logs, and checks
 * sequences as Kafka does: the batch that it has already is acknowledged and not appended.
 */
import { ByteReader, ByteWriter } from '../../../topology/bytes.js';
import type { Broker, Cluster, RawRequest } from '../../../topology/kafka/internals.js';
import { Decoder, decodeBatch } from './kafkajs-internals.js';

const API = {
  0: 'Produce',
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

const OUT_OF_ORDER_SEQUENCE_NUMBER = 45;

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
  epoch = 0;

  /** Leaders of the partitions of each topic, by node id. */
  constructor(leaders: Readonly<Record<string, readonly number[]>>) {
    this.#leaders = leaders;
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
      findBroker: ({ nodeId }: { nodeId: number }) => Promise.resolve(broker(nodeId)),
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
    const { buffer } = await request.encode();
    const out = new ByteWriter();
    const refused = api === 'Produce' ? 0 : this.answer(api, '', buffer.length);
    if (refused instanceof Error) throw refused;
    await this.#write(api, new ByteReader(buffer), out, refused);
    return response.parse(await response.decode(Buffer.from(out.bytes())));
  }

  async #write(api: Api, body: ByteReader, out: ByteWriter, code: number): Promise<void> {
    switch (api) {
      case 'InitProducerId':
        out
          .int32(0)
          .int16(code)
          .bigint64(900n)
          .int16((this.epoch += 1));
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
        return;
      case 'Produce':
        await this.#produce(body, out);
    }
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

  async #append(place: string, bytes: Buffer): Promise<[code: number, offset: number]> {
    const code = this.answer('Produce', place, bytes.length);
    if (code instanceof Error) throw code;
    if (code !== 0) return [code, -1];
    const { firstSequence, records } = await decodeBatch(new Decoder(bytes));
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
