/** Producers whose schemas are not ours, on a real registry: their records are read, and what cannot be read is one dead letter. */
import { expect, it } from 'vitest';

import { SCHEMAS } from '../../schemas/types.js';
import { framed } from '../../schemas/wire-format.js';
import { task } from '../contract/events.js';
import { prepareEnvironment } from './harness/environment.js';
import { encode } from './harness/avro.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { deadLetterOf, eventIds, headersOf, readOutputs } from './harness/outputs.js';
import { testStack } from './harness/test-stack.js';
import { startWorker } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

/** Registers a schema with what it refers to; gives its id. */
async function register(subject: string, schema: unknown, references: readonly object[] = []): Promise<number> {
  const reply = await fetch(`${testStack().schemaRegistryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema), schemaType: 'AVRO', references }),
  });
  if (!reply.ok) throw new Error(`The registry answers ${reply.status}: ${await reply.text()}`);
  return ((await reply.json()) as { id: number }).id;
}

it('are read with the schemas that they refer to, without a namespace, and by the branch that was written', async () => {
  const test = await prepareEnvironment('writers', 1);
  const subject = `${test.prefix}TASK_EVENT_TOPIC-value`;
  const shared = `${test.prefix}shared/types`;
  const urgency = { type: 'enum', name: 'Urgency', namespace: 'com.example', symbols: ['LOW', 'HIGH'] };
  await register(shared, urgency);
  const reference = { name: 'com.example.Urgency', subject: shared, version: 1 };
  // The last but one field of ours may be null here; a further one is of the other subject's type.
  const written = SCHEMAS.TaskEvent.fields.map((field) =>
    field.name === 'priority' ? { name: 'priority', type: ['null', 'string'], default: null } : field,
  );
  const further = { name: 'urgency', type: 'com.example.Urgency', default: 'LOW' };
  const id = await register(subject, { ...SCHEMAS.TaskEvent, namespace: undefined, fields: [...written, further] }, [
    reference,
  ]);
  const union = await register(`${subject}-union`, ['null', { ...SCHEMAS.TaskEvent, namespace: 'com.example' }]);

  /** A task event's body: what stands before its priority, and the rest. */
  const parts = (eventId: string): [Buffer, Buffer] => {
    const body = encode('TaskEvent', 0, task({ eventId, priority: 'HIGH', deadlineMs: null })).subarray(5);
    const at = body.length - 'HIGH'.length - 2;
    return [body.subarray(0, at), body.subarray(at)];
  };
  const sent = (eventId: string, schemaId: number, ...body: Buffer[]): Sent => ({
    topic: 'TASK_EVENT_TOPIC',
    message: { key: eventId, value: framed(Buffer.concat(body), schemaId) },
  });
  const [head, rest] = parts('given');
  const [nullHead] = parts('null');
  await produceAll(test.prefix, [
    sent('given', id, head, Buffer.from([2]), rest, Buffer.from([2])),
    sent('null', id, nullHead, Buffer.from([0, 0, 2])),
    sent('union', union, Buffer.from([2]), ...parts('union')),
    sent('nothing', union, Buffer.from([0])),
  ]);

  const worker = startWorker({ env: test.env('a') });
  await untilProcessed(test.prefix);
  const outputs = await readOutputs(test.prefix);
  expect(eventIds(outputs.inApp).toSorted()).toEqual(['given', 'union']);
  expect(outputs.deadLetters).toHaveLength(2);
  const headers = (key: string) => headersOf(deadLetterOf(outputs, key));
  expect(headers('null')).toMatchObject({
    'dlq.reason': 'undecodable',
    '__streams.errors.message': `the body does not fit schema id ${id}: priority: the writer has null where ours has string`,
  });
  expect(headers('nothing')).toMatchObject({ 'dlq.reason': 'undecodable' });
  expect((await worker.stop()).code).toBe(0);
});
