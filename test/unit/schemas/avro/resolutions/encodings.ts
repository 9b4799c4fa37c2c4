/** Rows: what stands in the bytes, and what a timestamp means. */
import { chain } from './fields.js';
import { task } from '../../samples.js';
import {
  asLong,
  asText,
  type ResolutionRow,
  long,
  bytes,
  all,
  raw,
  branch,
  sized,
  overlong,
  array,
  timestamp,
  enumOf,
  EVENTS,
  type Change,
  taskRow,
  requestRow,
  unread,
} from './row.js';

const { timestamp: AT } = task;
const WRONG_NUMBER = 'Java drops the bits that do not fit: what it reads is no number that anybody wrote';
const NO_PRODUCER = 'no producer means that; read by its items a block leads elsewhere than skipped by its size';
const passedOver = (name: string, type: unknown, written: Buffer, change: Change = {}): ResolutionRow =>
  taskRow(name, { adds: [['further', type, written]], ...change });
export const encodings = [
  asLong('an int in five bytes', 'int', overlong(5, 5), 5n),
  asLong('an int in six bytes', 'int', overlong(5, 6)),
  taskRow('an int of more than 32 bits', {
    writes: { taskId: ['int', bytes(0x80, 0x80, 0x80, 0x80, 0x10)] },
    reads: { taskId: 0n },
    ours: 'undecodable',
    why: WRONG_NUMBER,
  }),
  asLong('a long in ten bytes', 'long', overlong(5, 10), 5n),
  asLong('a long in eleven bytes', 'long', overlong(5, 11)),
  taskRow('a long of more than 64 bits', {
    writes: { taskId: ['long', all(Buffer.alloc(9, 0x80), bytes(2))] },
    reads: { taskId: 0n },
    ours: 'undecodable',
    why: WRONG_NUMBER,
  }),
  passedOver('an int in six bytes, passed over', 'int', overlong(5, 6), unread),
  passedOver('an enum in six bytes, passed over', enumOf('E', 'A'), overlong(0, 6), unread),
  passedOver('an int of more than 32 bits, passed over', 'int', bytes(0x80, 0x80, 0x80, 0x80, 0x7f)),
  passedOver('a long in eleven bytes, passed over', 'long', overlong(5, 11), unread),
  passedOver('a long of more than 64 bits, passed over', 'long', all(Buffer.alloc(9, 0x80), bytes(0x7f))),
  asText('a length in ten bytes', 'string', all(overlong(1, 10), bytes(65)), 'A'),
  asText('a length in eleven bytes', 'string', all(overlong(1, 11), bytes(65))),
  asText('a length below 0', 'string', long(-1)),
  asText('a length past the end', 'string', long(1_000_000)),
  asText('a text that is no UTF-8', 'string', raw(bytes(0x41, 0xc3, 0x28)), 'A\ufffd('),
  taskRow('an id that is no UTF-8', {
    writes: { eventId: ['string', raw(bytes(0x41, 0xff))] },
    reads: { eventId: 'A\ufffd' },
    ours: 'undecodable',
    why: 'the contract: two ids of different bytes would be one',
  }),
  taskRow('an id in bytes that are no UTF-8', {
    writes: { eventId: ['bytes', raw(bytes(0x41, 0xff))] },
    reads: { eventId: 'A\ufffd' },
    ours: 'undecodable',
    why: 'the contract: two ids of different bytes would be one',
  }),
  requestRow('blocks with their size', {
    writes: { userIds: [array('long'), sized(2, long(4), long(5))] },
    reads: { userIds: [4n, 5n] },
  }),
  requestRow('a block that is not as long as it says', {
    writes: { userIds: [array('long'), sized(9, long(4), long(5))] },
    reads: { userIds: [4n, 5n] },
    ours: 'undecodable',
    why: NO_PRODUCER,
  }),
  passedOver(
    'a block that is not as long as it says, passed over',
    array('long'),
    all(long(-1), long(2), long(4), long(9), long(0)),
    {
      ours: 'undecodable',
      why: NO_PRODUCER,
    },
  ),
  taskRow('a value that ends too soon', {
    wrap: (writer, body) => ({ writer, body: body.subarray(0, -1) }),
    ...unread,
  }),
  taskRow('a value with something behind it', {
    wrap: (writer, body) => ({ writer, body: all(body, bytes(0)) }),
    ours: 'undecodable',
    why: 'the schema is not the one that it was written with; Java does not look',
  }),
  passedOver('an array of 2^40 nulls', array('null'), all(long(2n ** 40n), long(0)), {
    java: undefined,
    ours: 'undecodable',
    why: 'a bomb: Java counts to it',
  }),
  passedOver('a million and one items', array('boolean'), all(long(1_000_001), Buffer.alloc(1_000_001), long(0)), {
    ours: 'undecodable',
    why: 'a bound on the work for one record',
  }),
  passedOver('forty records inside one another', chain, all(Buffer.alloc(40, long(1)), long(0)), {
    ours: 'undecodable',
    why: 'a bound on the stack',
  }),
];

const MILLISECONDS = 'the contract: our timestamps are milliseconds; Java’s reader does not look at logical types';
const asTimestamp = (type: unknown, written: bigint, read: bigint): ResolutionRow =>
  taskRow(`a timestamp of ${JSON.stringify(type)}`, {
    writes: { timestamp: [type, long(written)] },
    reads: { timestamp: written },
    ours: { reads: { ...EVENTS.TASK_EVENT_TOPIC, timestamp: read } },
    why: MILLISECONDS,
  });
export const timestamps = [
  taskRow('a timestamp of a plain long', { writes: { timestamp: ['long', long(AT)] } }),
  taskRow('a timestamp of milliseconds without a zone', {
    writes: { timestamp: [timestamp('long', 'local-timestamp-millis'), long(AT)] },
  }),
  asTimestamp(timestamp('long', 'timestamp-micros'), AT * 1000n + 999n, AT),
  asTimestamp(timestamp('long', 'timestamp-micros'), -1n, -1n),
  asTimestamp(timestamp('long', 'timestamp-nanos'), AT * 1_000_000n, AT),
  asTimestamp(timestamp('long', 'local-timestamp-micros'), AT * 1000n, AT),
  asTimestamp(timestamp('int', 'date'), 20_000n, 1_728_000_000_000n),
  taskRow('a deadline of microseconds or null', {
    writes: { deadlineMs: [['null', timestamp('long', 'timestamp-micros')], branch(1, long(AT * 1000n))] },
    reads: { deadlineMs: AT * 1000n },
    ours: { reads: EVENTS.TASK_EVENT_TOPIC! },
    why: MILLISECONDS,
  }),
  taskRow('an id of microseconds: no timestamp of ours', {
    writes: { taskId: [timestamp('long', 'timestamp-micros'), long(5000)] },
    reads: { taskId: 5000n },
  }),
  taskRow('a timestamp whose field, and not its type, says microseconds', {
    writes: { timestamp: ['long', long(AT), { logicalType: 'timestamp-micros' }] },
  }),
];
