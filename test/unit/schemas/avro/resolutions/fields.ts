/** Rows: the name of the record, fields more and fewer. */
import { task } from '../../samples.js';
import {
  long,
  bytes,
  none,
  all,
  text,
  raw,
  branch,
  items,
  sized,
  double,
  float,
  array,
  map,
  enumOf,
  fixed,
  record,
  EVENTS,
  taskRow,
  requestRow,
  directoryRow,
  unread,
  noSchema,
} from './row.js';

/** Why one is refused that Java reads. */
export const NAMES_COUNT =
  'an outermost record of another name is another event, whatever its fields; Java’s reader does not look at that name';
export const names = [
  taskRow('our own schema', {}),
  taskRow('a record without namespace', { as: { namespace: undefined } }),
  taskRow('a record of the empty namespace', { as: { namespace: '' } }),
  taskRow('a record of another namespace', { as: { namespace: 'com.example.events' } }),
  taskRow('a record whose name holds its namespace', { as: { name: 'com.example.TaskEvent', namespace: 'ignored' } }),
  taskRow('a record with doc, aliases and attributes that nobody knows', {
    as: { doc: 5, aliases: ['Old'], 'avro.java.string': 'String', connect: { version: 1 } },
  }),
  taskRow('an error, which is a record', { as: { type: 'error' } }),
  taskRow('a record of another name', { as: { name: 'Task' }, ours: 'wrong-record', why: NAMES_COUNT }),
  taskRow('a record of our name in other case', { as: { name: 'taskEvent' }, ours: 'wrong-record', why: NAMES_COUNT }),
  taskRow('a record that says our name is its alias', {
    as: { name: 'Task', aliases: ['serp.task.TaskEvent'] },
    ours: 'wrong-record',
    why: NAMES_COUNT,
  }),
];

/** A record that holds itself. */
export const chain = record('Link', { name: 'next', type: ['null', 'Link'] });
const added: [string, unknown, Buffer][] = [
  ['null', 'null', none],
  ['boolean', 'boolean', bytes(1)],
  ['int', 'int', long(-5)],
  ['long', 'long', long(2n ** 62n)],
  ['float', 'float', float(1)],
  ['double', 'double', double(1)],
  ['string', 'string', text('é')],
  ['bytes', 'bytes', raw(bytes(0xff, 0))],
  ['decimal', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, raw(bytes(1))],
  ['fixed', fixed(3), bytes(1, 2, 3)],
  ['fixed of no bytes', fixed(0), none],
  ['enum', enumOf('State', 'OPEN', 'DONE'), long(1)],
  ['enum of a symbol that it has not', enumOf('State', 'OPEN'), long(7)],
  ['array', array('string'), items(text('a'), text('b'))],
  ['array of nulls', array('null'), all(long(1000), long(0))],
  ['array of records without fields', array(record('Empty')), all(long(1000), long(0))],
  ['array of several blocks, one with its size', array('int'), all(long(1), long(4), sized(2, long(5), long(6)))],
  ['map', map('long'), items(all(text('k'), long(1)))],
  ['map of maps', map(map('int')), items(all(text('k'), items(all(text('l'), long(1)))))],
  ['union', ['null', 'int', 'string'], branch(2, text('x'))],
  ['union of one branch', ['int'], branch(0, long(1))],
  ['record', record('Part', { name: 'a', type: 'int' }), long(3)],
  ['record that holds itself', chain, all(branch(1, branch(1, none)), long(0))],
];
export const moreFields = [
  ...added.map(([kind, type, written]) => taskRow(`a further field: ${kind}`, { adds: [['further', type, written]] })),
  taskRow('a further field before ours', { adds: [['further', 'string', text('x')]], reversed: true }),
  taskRow('the fields in another order', { reversed: true }),
  taskRow('a further field whose default is none of its type', { adds: [['n', 'int', long(1), { default: 'x' }]] }),
  taskRow('a further double whose default is a text', {
    adds: [['n', 'double', double(1), { default: 'x' }]],
    java: 'no-schema',
    ours: { reads: EVENTS.TASK_EVENT_TOPIC! },
    why: 'defaults of others are nothing to us; Java makes a number of this one while it reads the schema',
  }),
  taskRow('a further field of a union whose default is of no branch', {
    adds: [['n', ['null', 'int'], branch(1, long(1)), { default: 'x' }]],
  }),
  taskRow('a field of ours whose default is none of its type', {
    writes: { priority: ['string', text('LOW'), { default: 5 }] },
    reads: { priority: 'LOW' },
  }),
  taskRow('further fields of names that Avro does not allow', {
    adds: [
      ['a b', 'int', long(1)],
      ['ü-1', 'string', text('x')],
      ['', 'int', long(2)],
    ],
  }),
  taskRow('further fields that are called as every object has them', {
    adds: ['toString', '__proto__', 'constructor', 'hasOwnProperty'].map((name) => [name, 'int', long(1)] as const),
  }),
  taskRow('a field with an order, a doc and attributes', {
    writes: { priority: ['string', text('HIGH'), { order: 'ignore', doc: 'd', aliases: ['x'], pii: true }] },
  }),
  taskRow('two fields of one name', { adds: [['priority', 'string', text('x')]], ...noSchema }),
  taskRow('a field of a type that is nowhere defined', { adds: [['a', 'Nowhere', none]], ...noSchema }),
  taskRow('a field of a type that is defined twice', {
    adds: [
      ['a', enumOf('State', 'A'), long(0)],
      ['b', enumOf('State', 'B'), long(0)],
    ],
    ...noSchema,
  }),
  taskRow('a union in a union', { adds: [['a', ['null', ['int', 'string']], long(0)]], ...noSchema }),
];

export const fewerFields = [
  taskRow('without a field whose default is null', { without: ['deadlineMs'], reads: { deadlineMs: null } }),
  requestRow('without fields whose defaults are empty: a text, arrays, maps', {
    without: ['sourceEventId', 'userIds', 'channels', 'metadata', 'templateVars'],
    reads: { sourceEventId: '', userIds: [], channels: [], metadata: {}, templateVars: {} },
  }),
  directoryRow('without a field whose default is false', { without: ['deleted'], reads: { deleted: false } }),
  taskRow('without a field that has no default', { without: ['priority'], ...unread }),
  taskRow('with the alias of a field that has no default', {
    without: ['priority'],
    adds: [['urgency', 'string', text('HIGH'), { aliases: ['priority'] }]],
    ...unread,
  }),
  taskRow('without any field', { without: Object.keys(task), ...unread }),
];
