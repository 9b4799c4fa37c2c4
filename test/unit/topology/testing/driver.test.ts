import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../../../schemas/types.js';
import { TopologyDriver } from '../../../../topology/testing/driver.js';
import { readRules } from '../../../../processors/rules/read-rules.js';
import { hrEvent } from '../../../hr-source.js';
import { HR_FILES, rulesWith } from '../../processors/rules/rules-folder.js';

const TOPIC = 'TASK_EVENT_TOPIC';

function task(eventId: string): TaskEvent {
  return {
    eventId,
    eventType: 'TASK_COMPLETED',
    timestamp: 1n,
    taskId: 5n,
    taskTitle: 'Report',
    userId: 1n,
    assignedTo: 7n,
    assignedBy: 2n,
    tenantId: 1n,
    priority: 'NORMAL',
    deadlineMs: null,
  };
}

describe('the topology driver', () => {
  it('numbers the records of each partition', async () => {
    const driver = new TopologyDriver();
    const fed = [
      await driver.feed(TOPIC, task('a')),
      await driver.feed(TOPIC, task('b'), { partition: 1 }),
      await driver.feed(TOPIC, task('c')),
    ];
    expect(fed.map(({ record }) => [record.partition, record.offset])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
  });

  it('has a clock of its own, which stands still until it is moved', async () => {
    const driver = new TopologyDriver({ now: 1000 });
    const first = await driver.feed(TOPIC, task('a'));
    driver.advance(250);
    const second = await driver.feed(TOPIC, task('b'));
    const times = [first, second].map(({ record, outputs }) => [
      record.timestamp,
      outputs.NOTIFICATION_DELIVERED_TOPIC[0]?.event.timestamp,
    ]);
    expect(times).toEqual([
      [1000, 1000n],
      [1250, 1250n],
    ]);
  });

  it('decodes what went out with the real codecs', async () => {
    const { processed, outputs } = await new TopologyDriver().feed(TOPIC, task('a'));
    expect(processed.kind).toBe('forwarded');
    expect(outputs.NOTIFICATION_INAPP_TOPIC.map(({ key, event }) => [key, event.message])).toEqual([
      ['1|7', `Task 'Report' marked as complete`],
    ]);
  });

  it('keeps its window by the time of the records, partition by partition', async () => {
    const driver = new TopologyDriver({ dedupWindowMs: 100 });
    const fates: string[] = [];
    for (const [eventId, timestamp] of [
      ['a', 1000],
      ['b', 1200],
      ['a', 1000],
      ['b', 1100],
    ] as const) {
      fates.push((await driver.feed(TOPIC, task(eventId), { timestamp })).processed.kind);
    }
    // The stream had come to 1200 when `a` came again; `b` was inside the window, however old its copy.
    expect(fates).toEqual(['forwarded', 'forwarded', 'forwarded', 'dropped']);
  });

  it('is deterministic: the same records make the same bytes', async () => {
    const run = async (): Promise<unknown> => (await new TopologyDriver().feed(TOPIC, task('a'))).processed;
    expect(await run()).toEqual(await run());
  });

  it('reads the sources of the rules that it is given, also one beyond the contract', async () => {
    const driver = new TopologyDriver({ rules: readRules(rulesWith(HR_FILES)) });
    const { record, outputs } = await driver.feed('HR_EVENT_TOPIC', hrEvent);
    expect(record.source).toBe('HR_EVENT_TOPIC-0');
    expect(outputs.NOTIFICATION_INAPP_TOPIC.map(({ event }) => event.message)).toEqual(['Welcome to the team']);
    expect((await driver.feed(TOPIC, task('a'))).processed.kind).toBe('forwarded');
  });

  it('reads no more than these', async () => {
    const driver = new TopologyDriver();
    await expect(async () => driver.feed('HR_EVENT_TOPIC', hrEvent)).rejects.toThrow(
      "HR_EVENT_TOPIC is none of the driver's sources in Avro",
    );
  });
});
