/** What a task runs may be another at any time: rules are read again while it works. */
import { expect, it } from 'vitest';
import type { SourceRecord } from '../../../../common/record.js';
import type { ExecutionContext, Executor } from '../../../../topology/graph/executor.js';
import { emitText, forwarded } from './records.js';
import { CRM, rig, TASKS, until } from './task-harness.js';

const RECORDS = 60;

it('processes all records of a commit by one executor, whenever another takes its place, each record once', async () => {
  const setup = rig({ commitRecords: 10 });
  let [version, processed] = [1, 0];
  const create = (own: number): Executor => ({
    process: (record: SourceRecord, { outputs }: ExecutionContext) => {
      const text = record.value!.toString();
      outputs.begin();
      emitText(outputs, `${own} ${text}`);
      processed += 1;
      // In the midst of a commit, nearly always.
      if (processed % 7 === 0) version += 1;
      return forwarded(text);
    },
    deadLetter: setup.executor.deadLetter.bind(setup.executor),
  });
  Object.assign(setup.parts.job, { executor: () => ({ executor: create(version), rulesVersion: version }) });
  const textsOf = (name: string): string[] => Array.from({ length: RECORDS }, (_, at) => `${name}${at}`);
  setup.append(TASKS, textsOf('task'));
  setup.append(CRM, textsOf('crm'));
  setup.task.start();
  await until(() => expect(setup.sent()).toHaveLength(2 * RECORDS));
  const topic = setup.names.physical('EMAIL_REQUEST_TOPIC');
  const versions = setup.broker.committed
    .map(({ records }) => records.filter((record) => record.topic === topic))
    .filter((emails) => emails.length > 0)
    .map((emails) => [...new Set(emails.map(({ value }) => Number(value!.toString().split(' ')[0])))]);
  expect(versions.length).toBeGreaterThanOrEqual((2 * RECORDS) / 10);
  expect(versions.every(({ length }) => length === 1)).toBe(true);
  expect(new Set(versions.flat()).size).toBeGreaterThan(5);
  const sent = setup.sent().map((text) => text.split(' ')[1]);
  expect(sent.sort()).toEqual([...textsOf('task'), ...textsOf('crm')].sort());
  await setup.task.closeClean(1000);
});
