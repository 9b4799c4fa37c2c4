/** Records made to hurt. */
import type { Sent, Workload } from '../integration/harness/workload.js';

const STRING_BYTES = 900_000;

/** Values that must be dead-lettered, by name, each with its topic, made of a good task event and a good CRM event. */
export function hostileValues(task: Buffer, crm: Buffer): Record<string, readonly [topic: string, value: Buffer]> {
  return {
    empty: ['TASK_EVENT_TOPIC', Buffer.alloc(0)],
    'one-byte': ['TASK_EVENT_TOPIC', Buffer.from([0])],
    'four-bytes': ['TASK_EVENT_TOPIC', Buffer.from([0, 0, 0, 0])],
    'head-only': ['TASK_EVENT_TOPIC', task.subarray(0, 5)],
    'bad-magic': ['TASK_EVENT_TOPIC', Buffer.concat([Buffer.from([7]), task.subarray(1)])],
    // A schema that exists, of another record.
    spoofed: ['TASK_EVENT_TOPIC', Buffer.concat([crm.subarray(0, 5), task.subarray(5)])],
    truncated: ['TASK_EVENT_TOPIC', task.subarray(0, task.length - 5)],
    trailing: ['TASK_EVENT_TOPIC', Buffer.concat([task, Buffer.from('trailing')])],
    // The map at the end of a CRM event: its count says 2^50.
    'huge-count': [
      'CRM_EVENT_TOPIC',
      Buffer.concat([crm.subarray(0, crm.length - 1), varint(2n ** 50n), Buffer.from([0])]),
    ],
    'negative-count': [
      'CRM_EVENT_TOPIC',
      Buffer.concat([crm.subarray(0, crm.length - 1), varint(-(2n ** 50n)), Buffer.from([0])]),
    ],
    // A string that says it has 2^40 bytes.
    'huge-string': ['TASK_EVENT_TOPIC', Buffer.concat([task.subarray(0, 5), varint(2n ** 40n)])],
    zeros: ['TASK_EVENT_TOPIC', Buffer.alloc(STRING_BYTES)],
    ones: ['TASK_EVENT_TOPIC', Buffer.concat([task.subarray(0, 5), Buffer.alloc(STRING_BYTES, 0xff)])],
  };
}

/** `poison` must be dead-lettered, exactly; `good` must go through. Each has a key of its own. */
export function bombs(workload: Workload): { poison: Sent[]; good: Sent[] } {
  const valueIn = (topic: string): Buffer =>
    workload.events.find((sent) => sent.topic === topic && workload.expected.has(String(sent.message.key)))!.message
      .value as Buffer;
  const values = hostileValues(valueIn('TASK_EVENT_TOPIC'), valueIn('CRM_EVENT_TOPIC'));
  const poison = Object.entries(values).flatMap(([name, [topic, value]]) =>
    Array.from({ length: 5 }, (_, index) => ({ topic, message: { key: `bomb-${name}-${index}`, value } })),
  );
  const good = Array.from({ length: 25 }, (_, index) => ({
    topic: 'SALES_EVENT_TOPIC',
    message: { key: `tombstone-${index}`, value: null },
  }));
  return { poison, good };
}

/** Avro's zigzag varint. */
export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
