/** Rows: the schema as a whole, and what it refers to. */
import { TOPIC_RECORDS } from '../../../../../dev/contract/sources.js';
import { NAMES_COUNT } from './fields.js';
import { long, none, text, branch, items, array, enumOf, record, taskRow, unread, noSchema } from './row.js';

const other = record('Other', { name: 'a', type: 'int' });
export const whole = [
  taskRow('null or our record', { wrap: (schema, body) => ({ writer: ['null', schema], body: branch(1, body) }) }),
  taskRow('null or our record, null', {
    wrap: (schema) => ({ writer: ['null', schema], body: branch(0, none) }),
    ...unread,
  }),
  taskRow('our record, changed, or another', {
    without: ['deadlineMs'],
    reads: { deadlineMs: null },
    wrap: (schema, body) => ({ writer: [other, schema], body: branch(1, body) }),
  }),
  taskRow('our record or another, the other', {
    wrap: (schema) => ({ writer: [other, schema], body: branch(0, long(1)) }),
    java: 'unread',
    ours: 'wrong-record',
    why: 'it is another record',
  }),
  taskRow('our record or another of the same fields, the other', {
    wrap: (schema, body) => ({ writer: [schema, { ...schema, name: 'Task' }], body: branch(1, body) }),
    ours: 'wrong-record',
    why: NAMES_COUNT,
  }),
  taskRow('our record of two namespaces', {
    wrap: (schema, body) => ({ writer: [schema, { ...schema, namespace: 'v2' }], body: branch(1, body) }),
  }),
  taskRow('our record or a text, a text', {
    wrap: (schema) => ({ writer: ['string', schema], body: branch(0, text('x')) }),
    ...unread,
  }),
  taskRow('our record or null, a branch that there is not', {
    wrap: (schema, body) => ({ writer: ['null', schema], body: branch(2, body) }),
    ...unread,
  }),
  taskRow('a union without a record of ours', {
    wrap: () => ({ writer: ['null', other], body: branch(1, long(1)) }),
    java: 'unread',
    ours: 'wrong-record',
    why: 'no record bears our name',
  }),
  taskRow('an array of our record', {
    wrap: (schema, body) => ({ writer: array(schema), body: items(body) }),
    java: 'unread',
    ours: 'wrong-record',
    why: 'an array bears no name',
  }),
];

const inNamespace = (type: unknown): unknown => record('Holder', { name: 'a', type });
export const references = [
  taskRow('a field of a type of another schema', {
    adds: [['state', 'com.example.State', long(1)]],
    references: [{ ...enumOf('State', 'A', 'B'), namespace: 'com.example' }],
  }),
  taskRow('a field of ours of a type of another schema', {
    writes: { priority: [['null', 'com.example.State', 'string'], branch(2, text('LOW'))] },
    references: [{ ...enumOf('State', 'A', 'B'), namespace: 'com.example' }],
    reads: { priority: 'LOW' },
  }),
  taskRow('a type that refers to another', {
    adds: [['holder', 'x.Holder', long(1)]],
    references: [
      { ...enumOf('State', 'A', 'B'), namespace: 'y' },
      { ...(inNamespace('y.State') as object), namespace: 'x' },
    ],
  }),
  taskRow('a union of names, our record among them', {
    wrap: (_, body) => ({ writer: ['Other', 'serp.task.TaskEvent'], body: branch(1, body) }),
    references: [other, TOPIC_RECORDS.TASK_EVENT_TOPIC],
  }),
  taskRow('our record by its name', {
    wrap: (_, body) => ({ writer: 'serp.task.TaskEvent', body }),
    references: [TOPIC_RECORDS.TASK_EVENT_TOPIC],
  }),
  taskRow('a type of our namespace by its short name', {
    adds: [
      ['state', enumOf('State', 'A', 'B'), long(1)],
      ['again', 'State', long(1)],
      ['whole', 'serp.task.State', long(1)],
    ],
  }),
  taskRow('a type without namespace, from within ours', {
    adds: [['state', 'State', long(1)]],
    references: [enumOf('State', 'A', 'B')],
  }),
  taskRow('a type of another namespace by its short name', {
    adds: [['state', 'State', long(1)]],
    references: [{ ...enumOf('State', 'A', 'B'), namespace: 'elsewhere' }],
    ...noSchema,
  }),
];
