/** Fetch on the wire: v11 names topics, v13 gives their ids (KIP-516). */
import { ByteWriter, type ByteReader } from '../../../common/bytes.js';
import { NONE } from './codes.js';
import type { AbortedRange } from './partition-log.js';
import { compactList, list, writeCompactList, writeList } from './wire.js';

export interface Position {
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

interface TopicPositions {
  /** Name or id. */
  readonly topic: string;
  readonly positions: readonly Position[];
}

interface Question {
  readonly maxWaitMs: number;
  readonly isolation: number;
  readonly topics: readonly TopicPositions[];
}

export interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  readonly endOffset: number;
  readonly lastStableOffset: number;
  readonly startOffset: number;
  readonly aborted: readonly AbortedRange[];
  readonly data: Buffer;
}

interface TopicAnswer {
  readonly topic: string;
  readonly partitions: readonly PartitionAnswer[];
}

export interface FetchFormat {
  read(body: ByteReader): Question;
  write(topics: readonly TopicAnswer[]): ByteWriter;
}

const ID_BYTES = 16;

export const byName: FetchFormat = {
  read: (body) => {
    const head = readHead(body);
    const topics = list(body, () => ({
      topic: body.string(),
      positions: list(body, () => {
        const partition = body.int32();
        body.int32(); // leader epoch
        return { partition, ...readPosition(body) };
      }),
    }));
    body.int32(); // forgotten topics: none
    body.string(); // rack
    return { ...head, topics };
  },
  write: (topics) => {
    const out = new ByteWriter().int32(0).int16(NONE).int32(0);
    return writeList(out, topics, ({ topic, partitions }) => {
      out.string(topic);
      writeList(out, partitions, (answer) => {
        writeEnds(out, answer);
        writeList(out, answer.aborted, (range) => writeAborted(out, range));
        out.int32(-1).int32(answer.data.length).raw(answer.data);
      });
    });
  },
};

export const byId: FetchFormat = {
  read: (body) => {
    body.tags();
    const head = readHead(body);
    const topics = compactList(body, () => ({
      topic: body.raw(ID_BYTES).toString('base64url'),
      positions: compactList(body, () => {
        const partition = body.int32();
        body.int32(); // leader epoch
        const offset = body.int64();
        body.int32(); // epoch of the last fetch
        body.int64(); // log start
        return { partition, offset, maxBytes: body.int32() };
      }),
    }));
    body.uvarint(); // forgotten topics: none
    body.compactString(); // rack
    body.tags();
    return { ...head, topics };
  },
  write: (topics) => {
    const out = new ByteWriter().uvarint(0).int32(0).int16(NONE).int32(0);
    writeCompactList(out, topics, ({ topic, partitions }) => {
      out.raw(Buffer.from(topic, 'base64url'));
      writeCompactList(out, partitions, (answer) => {
        writeEnds(out, answer);
        writeCompactList(out, answer.aborted, (range) => writeAborted(out, range));
        out
          .int32(-1)
          .uvarint(answer.data.length + 1)
          .raw(answer.data);
      });
    });
    return out.uvarint(0);
  },
};

function readHead(body: ByteReader): Omit<Question, 'topics'> {
  body.int32(); // replica
  const maxWaitMs = body.int32();
  body.raw(8); // min and max bytes
  const isolation = body.int8();
  body.raw(8); // session
  return { maxWaitMs, isolation };
}

function readPosition(body: ByteReader): Pick<Position, 'offset' | 'maxBytes'> {
  const offset = body.int64();
  body.int64(); // log start
  return { offset, maxBytes: body.int32() };
}

function writeEnds(out: ByteWriter, answer: PartitionAnswer): void {
  out.int32(answer.partition).int16(answer.errorCode);
  out.int64(answer.endOffset).int64(answer.lastStableOffset).int64(answer.startOffset);
}

function writeAborted(out: ByteWriter, { producerId, firstOffset }: AbortedRange): void {
  out.bigint64(producerId).int64(firstOffset);
}
