/** A task whose records are traced: what its outputs say, and its log. */
import { expect, it, vi } from 'vitest';
import { RecordHeaders } from '../../../../common/record-headers.js';
import { registerSdk, textsOf, TRACE, TRACEPARENT, traced, w3cTracing } from '../../../traces.js';
import { failingUntil } from './text-executor.js';
import { recordsOf } from '../kafka/records/records-of.js';
import { fetchedRecord, stagedOutputs } from './records.js';
import { rig, TASKS, until, type Rig } from './task-harness.js';

/** What the source holds before the task begins. */
function fill({ fetcher, names }: Rig, texts: readonly (readonly [text: string, headers: RecordHeaders])[]): void {
  const records = texts.map(([text, headers], offset) => ({ ...fetchedRecord(offset, text), headers }));
  fetcher.logs.set(names.physical(TASKS), records);
}

it("a record's outputs carry its trace, and nothing else of the commit does", async () => {
  const setup = rig({ tracing: w3cTracing() });
  fill(setup, [
    ['before', RecordHeaders.NONE],
    ['traced', traced()],
    ['after', RecordHeaders.NONE],
  ]);
  setup.task.start();
  await until(() => expect(setup.sent()).toEqual(['before', 'traced', 'after']));
  const carried = setup.broker.committed
    .flatMap(({ records }) => records)
    .filter(({ headers }) => headers!.count > 0)
    .map(({ value, headers }) => [value!.toString(), textsOf(headers!)]);
  expect(carried).toEqual([['traced', { traceparent: TRACEPARENT, tracestate: 'erp=1' }]]);
  await setup.task.closeClean(1000);
});

it('a record that is tried again has one span, and one that is given up is an error, in the log by its trace id', async () => {
  const spans = registerSdk();
  const setup = rig({ tracing: w3cTracing() });
  const warn = vi.spyOn(setup.parts.worker.log, 'warn');
  setup.behaviour.set('late', failingUntil(3, 'late'));
  setup.behaviour.set('never', failingUntil(9, 'never'));
  fill(setup, [
    ['late', traced()],
    ['never', traced()],
  ]);
  setup.task.start();
  await until(() => expect(setup.deadLetters()).toHaveLength(1));
  await setup.task.closeClean(1000);
  const processed = spans().filter(({ name }) => name.startsWith('process'));
  expect(processed.map(({ attributes }) => [attributes['messaging.kafka.offset'], attributes['error.type']])).toEqual([
    [0, undefined],
    [1, 'failed'],
  ]);
  const letter = expect.objectContaining({ origin: `${TASKS}-0@1`, trace_id: TRACE }) as object;
  expect(warn).toHaveBeenCalledWith(letter, 'record dead-lettered');
});

it('the user directory, which keeps what it is told, is told of no trace', () => {
  const outputs = stagedOutputs();
  outputs.carry(traced());
  for (const topic of ['USER_DIRECTORY', 'PUSH_REQUEST_TOPIC']) outputs.collect(topic, 'key', topic);
  expect(recordsOf(outputs.batches).map(({ topic, headers }) => [topic, headers!.count])).toEqual([
    ['app-user-directory', 0],
    ['PUSH_REQUEST_TOPIC', 2],
  ]);
});

it('looks at no header when tracing is off', async () => {
  const setup = rig();
  const record = fetchedRecord(0, 'plain');
  const headers = vi.fn(() => RecordHeaders.NONE);
  setup.fetcher.logs.set(setup.names.physical(TASKS), [Object.defineProperty(record, 'headers', { get: headers })]);
  setup.task.start();
  await until(() => expect(setup.sent()).toEqual(['plain']));
  expect(headers).not.toHaveBeenCalled();
  await setup.task.closeClean(1000);
});
