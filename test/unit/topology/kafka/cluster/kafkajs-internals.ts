/** The parts of kafkajs that ours are measured against. */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

export interface KafkajsEncoder {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
  writeInt16(value: number): KafkajsEncoder;
  writeInt32(value: number): KafkajsEncoder;
  writeString(value: string | null): KafkajsEncoder;
  writeEncoder(encoder: { readonly buf: Buffer; readonly buffer: Buffer }): KafkajsEncoder;
  writeVarInt(value: number): KafkajsEncoder;
  writeVarLong(value: unknown): KafkajsEncoder;
  writeInt64(value: unknown): KafkajsEncoder;
  writeEncoderArray(encoders: readonly KafkajsEncoder[]): KafkajsEncoder;
}

export const Encoder = load('kafkajs/src/protocol/encoder') as new () => KafkajsEncoder;

export type KafkajsDecoder = object;
export const Decoder = load('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => KafkajsDecoder;

export interface KafkajsRecord {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, unknown>>;
}

export const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: KafkajsRecord,
) => KafkajsEncoder;

export const { RecordBatch: encodeBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: {
    firstTimestamp: number;
    maxTimestamp: number;
    lastOffsetDelta: number;
    transactional: boolean;
    producerId: unknown;
    producerEpoch: number;
    firstSequence: number;
    partitionLeaderEpoch: number;
    records: readonly KafkajsEncoder[];
  }) => Promise<KafkajsEncoder>;
};

export interface DecodedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | Buffer[]>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

export const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: KafkajsDecoder) => Promise<{
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly records: DecodedRecord[];
}>;

export const filterAbortedMessages = load('kafkajs/src/consumer/filterAbortedMessages') as (given: {
  messages: readonly DecodedRecord[];
  abortedTransactions: readonly { producerId: string; firstOffset: string }[];
}) => DecodedRecord[];

export const crc32C = load('kafkajs/src/protocol/recordBatch/crc32C') as (data: Buffer) => number;

export const Long = load('kafkajs/src/utils/long') as { fromValue(value: bigint | number | string): unknown };

export const murmur2 = load('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer | string) => number;
