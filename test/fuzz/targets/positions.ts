/** The cursors of clients and the metadata of offsets: read as they were written, or as nothing. */
import fc from 'fast-check';
import { epochOf, formatCursor, parseCursor } from '../../../gateway/cursor.js';
import {
  isOfTask,
  metadataFor,
  partitionsAtFirstIn,
  streamTimeIn,
  topicIdIn,
} from '../../../topology/task/offset-metadata.js';
import { BORDER_NUMBERS } from '../borders.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { law, type Target } from '../target.js';

type PositionInput = { readonly kind: 'cursor' | 'metadata'; readonly text: string };

const digits = fc.oneof(
  fc.constantFrom(...BORDER_NUMBERS.map(String)),
  fc.nat().map(String),
  fc.constantFrom('', '1e3', ' 1', '007', '-0', 'NaN', '٣'),
);
const id = fc.constantFrom('JX0aZ9kHTq-1_m3WyqvVhA', '0', '', 'a;partitions:1', '../..', 'é');

const inputs = fc
  .record({
    kind: fc.constantFrom('cursor', 'metadata'),
    offset: digits,
    partitions: digits,
    partition: digits,
    id,
    bytes: byteEdits,
  })
  .map(({ kind, offset, partitions, partition, id: topicId, bytes }): PositionInput => {
    const text =
      kind === 'cursor'
        ? `${offset}.${partition}.${partitions}.${topicId}`
        : `topic-id:${topicId};partitions:${partitions}`;
    return { kind, text: editBytes(Buffer.from(text), bytes).toString('utf8') };
  });

export const positions: Target<PositionInput> = {
  name: 'positions',
  inputs,
  play({ kind, text }) {
    return kind === 'cursor' ? playCursor(text) : playMetadata(text);
  },
};

function playCursor(text: string): string {
  const cursor = parseCursor(text);
  if (cursor === undefined) {
    law(
      !/^(0|[1-9]\d{0,14})\.\d{1,9}\.\d{1,9}\.[\w-]{1,22}$/.test(text),
      'reads every cursor that we write',
      () => text,
    );
    return 'refused: cursor';
  }
  law(Number.isSafeInteger(cursor.offset) && cursor.offset >= 0, 'reads an offset');
  const again = parseCursor(formatCursor(cursor));
  law(again?.offset === cursor.offset && again.epoch === cursor.epoch, 'reads what it writes');
  law(
    text.endsWith(`.${cursor.epoch}`) && BigInt(text.split('.')[0]!) === BigInt(cursor.offset),
    'reads what stands there',
  );
  return 'read: cursor';
}

const POSITION = { nextOffset: 5, notifyFrom: 0 };

function playMetadata(metadata: string): string {
  const offset = { topic: 't', partition: 0, offset: 5, metadata };
  if (!isOfTask(offset)) return 'refused: metadata';
  const [topicId, partitions, streamTime] = [topicIdIn(offset), partitionsAtFirstIn(offset), streamTimeIn(offset)];
  law(
    partitions === undefined || (Number.isSafeInteger(partitions) && partitions >= 0),
    'reads a number of partitions',
    () => String(partitions),
  );
  law(topicId === undefined || metadata.includes(topicId), "reads the topic's id");
  if (partitions === undefined) return 'read: metadata without partitions';
  const written = { ...offset, metadata: metadataFor({ ...POSITION, topicId, streamTime }, partitions) };
  law(
    topicIdIn(written) === topicId &&
      partitionsAtFirstIn(written) === partitions &&
      streamTimeIn(written) === streamTime,
    'reads what it writes',
  );
  return 'read: metadata';
}

/** The epoch that a partition has is one that a cursor takes: checked once, for the longest. */
law(
  parseCursor(formatCursor({ offset: Number.MAX_SAFE_INTEGER, epoch: epochOf('x'.repeat(22), 1e6, 1e6) })) !==
    undefined,
  'takes our longest cursor',
);
