/** Rows: a field of ours that is written as something else. */
import {
  asLong,
  asText,
  type ResolutionRow,
  long,
  bytes,
  none,
  all,
  text,
  raw,
  branch,
  items,
  double,
  float,
  overlong,
  array,
  map,
  timestamp,
  enumOf,
  fixed,
  record,
  taskRow,
  requestRow,
  crmRow,
  directoryRow,
  deliveredRow,
  unread,
} from './row.js';

const asValue = (name: string, type: unknown, written: Buffer, read?: number | null): ResolutionRow =>
  crmRow(`${name} where ours is null or a double`, {
    writes: { value: [type, written] },
    ...(read === undefined ? unread : { reads: { value: read } }),
  });
export const promotions = [
  asLong('an int', 'int', long(-(2 ** 31)), -(2n ** 31n)),
  asLong('a long of a logical type that we do not know', timestamp('long', 'whatever'), long(5), 5n),
  asLong('a time of day', timestamp('int', 'time-millis'), long(5), 5n),
  asLong('a float', 'float', float(1)),
  asLong('a double', 'double', double(1)),
  asLong('a string', 'string', text('5')),
  asLong('bytes', 'bytes', raw(bytes(5))),
  asLong('a boolean', 'boolean', bytes(1)),
  asLong('a null', 'null', none),
  asLong('an enum', enumOf('E', 'A'), long(0)),
  asLong('a fixed', fixed(8), Buffer.alloc(8)),
  asLong('an array', array('long'), items(long(5))),
  asLong('an empty array', array('long'), items()),
  asLong('a map', map('long'), items()),
  asLong('a record', record('Id', { name: 'value', type: 'long' }), long(5)),
  asText('bytes', 'bytes', text('HIGH'), 'HIGH'),
  asText('a text of a logical type', timestamp('string', 'uuid'), text('x'), 'x'),
  asText('a string of another Java class', { type: 'string', 'avro.java.string': 'String' }, text('x'), 'x'),
  asText('an enum', enumOf('Priority', 'LOW', 'HIGH'), long(1)),
  asText('a fixed', fixed(4), Buffer.from('HIGH')),
  asText('an int', 'int', long(1)),
  asText('a null', 'null', none),
  asText('an array', array('string'), items(text('HIGH'))),
  asValue('an int', 'int', long(3), 3),
  asValue('a long that a double cannot hold', 'long', long(2n ** 53n + 1n), 2 ** 53),
  asValue('a float', 'float', float(0.1), Math.fround(0.1)),
  asValue('not a number', 'double', double(NaN), NaN),
  asValue('a null', 'null', none, null),
  asValue('a decimal', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, raw(bytes(1))),
  asValue('a float or null', ['float', 'null'], branch(0, float(2)), 2),
  directoryRow('a boolean of a byte that is neither', {
    writes: { deleted: ['boolean', bytes(2)] },
    reads: { deleted: false },
  }),
  directoryRow('an int where ours is a boolean', { writes: { deleted: ['int', long(1)] }, ...unread }),
];

export const collections = [
  requestRow('an array of ints', {
    writes: { userIds: [array('int'), items(long(4), long(5))] },
    reads: { userIds: [4n, 5n] },
  }),
  requestRow('an array of texts where ours are longs', {
    writes: { userIds: [array('string'), items(text('4'))] },
    ...unread,
  }),
  requestRow('an empty array of texts where ours are longs', {
    writes: { userIds: [array('string'), items()] },
    reads: { userIds: [] },
  }),
  requestRow('an array of nulls where ours are longs', {
    writes: { userIds: [array('null'), all(long(2), long(0))] },
    ...unread,
  }),
  requestRow('an array of a long or null', {
    writes: { userIds: [array(['null', 'long']), items(branch(1, long(4)))] },
    reads: { userIds: [4n] },
  }),
  requestRow('an array of a long or null, and a null', {
    writes: { userIds: [array(['null', 'long']), items(branch(1, long(4)), branch(0, none))] },
    ...unread,
  }),
  requestRow('a map of bytes', {
    writes: { metadata: [map('bytes'), items(all(text('k'), text('w')))] },
    reads: { metadata: { k: 'w' } },
  }),
  requestRow('a map of longs where ours are texts', {
    writes: { metadata: [map('long'), items(all(text('k'), long(1)))] },
    ...unread,
  }),
  requestRow('an empty map of longs where ours are texts', {
    writes: { metadata: [map('long'), items()] },
    reads: { metadata: {} },
  }),
  requestRow('a map of a text or null', {
    writes: { metadata: [map(['null', 'string']), items(all(text('k'), branch(1, text('w'))))] },
    reads: { metadata: { k: 'w' } },
  }),
  requestRow('a map or null', {
    writes: { metadata: [['null', map('string')], branch(1, items(all(text('k'), text('w'))))] },
    reads: { metadata: { k: 'w' } },
  }),
  requestRow('an array where ours is a map', { writes: { metadata: [array('string'), items()] }, ...unread }),
  requestRow('a map of a key that comes twice', {
    writes: { metadata: [map('string'), items(all(text('k'), text('1')), all(text('k'), text('2')))] },
    reads: { metadata: { k: '2' } },
  }),
  deliveredRow('records inside of another name, with a field more and without one that has a default', {
    writes: {
      deliveries: [
        array(record('Delivery', ...['status', 'extra', 'channel'].map((name) => ({ name, type: 'string' })))),
        items(all(text('SKIPPED'), text('x'), text('PUSH'))),
      ],
    },
    reads: { deliveries: [{ channel: 'PUSH', status: 'SKIPPED', reason: null }] },
  }),
  deliveredRow('records inside without a field that has no default', {
    writes: { deliveries: [array(record('ChannelDelivery', { name: 'status', type: 'string' })), items(text('X'))] },
    ...unread,
  }),
  deliveredRow('no record inside, of a type without a field that has no default', {
    writes: { deliveries: [array(record('ChannelDelivery', { name: 'status', type: 'string' })), items()] },
    reads: { deliveries: [] },
  }),
];

const nullable = (name: string, type: unknown, written: Buffer, read?: bigint | null): ResolutionRow =>
  taskRow(`${name} where ours is null or a long`, {
    writes: { deadlineMs: [type, written] },
    ...(read === undefined ? unread : { reads: { deadlineMs: read } }),
  });
export const unions = [
  asText('null or a text, a text', ['null', 'string'], branch(1, text('LOW')), 'LOW'),
  asText('null or a text, null', ['null', 'string'], branch(0, none)),
  asText('a text or null, a text', ['string', 'null'], branch(0, text('LOW')), 'LOW'),
  asText('an int or a text, a text', ['int', 'string'], branch(1, text('LOW')), 'LOW'),
  asText('an int or a text, an int', ['int', 'string'], branch(0, long(1))),
  asText('an enum or bytes, bytes', [enumOf('P', 'LOW'), 'bytes'], branch(1, text('LOW')), 'LOW'),
  asText('one branch', ['string'], branch(0, text('LOW')), 'LOW'),
  asText('no branch at all', [], long(0)),
  asText('a branch that there is not', ['null', 'string'], branch(2, text('LOW'))),
  asText('a branch below the first', ['null', 'string'], branch(-1, text('LOW'))),
  asText('a branch of a number in five bytes', ['null', 'string'], all(overlong(1, 5), text('LOW')), 'LOW'),
  asText('a branch of a number in six bytes', ['null', 'string'], all(overlong(1, 6), text('LOW'))),
  nullable('a long', 'long', long(5), 5n),
  nullable('a branch of a number in five bytes', ['null', 'long'], all(overlong(1, 5), long(5)), 5n),
  nullable('a branch of a number in six bytes', ['null', 'long'], all(overlong(1, 6), long(5))),
  nullable('an int', 'int', long(5), 5n),
  nullable('null', 'null', none, null),
  nullable('a long or null, null', ['long', 'null'], branch(1, none), null),
  nullable('null or an int', ['null', 'int'], branch(1, long(5)), 5n),
  nullable('null or a text, null', ['null', 'string'], branch(0, none), null),
  nullable('null or a text, a text', ['null', 'string'], branch(1, text('5'))),
  nullable('a text or a long or null, a long', ['string', 'long', 'null'], branch(1, long(5)), 5n),
  nullable('null or a double, a double', ['null', 'double'], branch(1, double(5))),
];
