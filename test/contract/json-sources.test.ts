import { describe, expect, it } from 'vitest';
import { parseWriter } from '../../schemas/avro/writer-type.js';
import { rulesIn } from '../../processors/rules/shipped.js';
import type { RuleSet } from '../../processors/rules/rule-set.js';
import type { SourceFormat } from '../../schemas/source-spec.js';
import { SCHEMAS } from '../../schemas/types.js';
import { TopologyDriver } from '../../topology/testing/driver.js';
import { asGoWrites } from '../unit/schemas/every-type.js';
import { fate } from './drive.js';
import { request, task } from './events.js';

const TOPIC = 'TASK_EVENT_TOPIC';
const shipped = rulesIn(undefined);
const rulesOf = (format: SourceFormat): RuleSet => ({
  ...shipped,
  sources: shipped.sources.map((source) => ({ ...source, format })),
});
const inJson = (event: object): Buffer => Buffer.from(asGoWrites(parseWriter(SCHEMAS.TaskEvent), event));

describe('a source that is JSON', () => {
  it('gives what the same event gives as Avro', async () => {
    const json = await new TopologyDriver({ rules: rulesOf('json') }).feedValue(TOPIC, inJson(task()));
    const avro = await new TopologyDriver().feed(TOPIC, task());
    expect(json.outputs).toEqual(avro.outputs);
    expect(json.outputs.NOTIFICATION_INAPP_TOPIC).toHaveLength(1);
  });

  it('gives metadata and the values of a template as texts, whatever they are', async () => {
    const driver = new TopologyDriver({ rules: rulesOf('json') });
    const bare = asGoWrites(parseWriter(SCHEMAS.NotificationRequestEvent), request({ metadata: {} }));
    const value = Buffer.from(
      bare.replace('"metadata":{}', '"metadata":{"n":12345678901234567890.10,"o":{"a":[true]}}'),
    );
    const { outputs } = await driver.feedValue('NOTIFICATION_REQUEST_TOPIC', value);
    expect(outputs.NOTIFICATION_INAPP_TOPIC[0]?.event.metadata).toEqual({
      n: '12345678901234567890.10',
      o: '{"a":[true]}',
    });
  });

  it('dead-letters a value that does not fit, with the JSON pointer and what was expected', async () => {
    const value = Buffer.from(inJson(task()).toString().replace('"tenantId":1', '"tenantId":"one"'));
    const driven = await new TopologyDriver({ rules: rulesOf('json') }).feedValue(TOPIC, value);
    expect(fate(driven)).toBe('undecodable');
    const [letter] = driven.outputs.NOTIFICATION_DLQ;
    expect(letter?.value).toEqual(value);
    const added = Object.fromEntries([...letter!.added].map(([name, text]) => [name, String(text)]));
    expect(added).toMatchObject({
      'dlq.reason': 'undecodable',
      '__streams.errors.exception': 'JsonFault',
      '__streams.errors.message': expect.stringContaining('/tenantId is a text; expected an int64') as string,
    });
  });
});

it('while a topic’s producers move, an event is one and the same in both formats', async () => {
  const driver = new TopologyDriver({ rules: rulesOf('avro-or-json') });
  expect(fate(await driver.feed(TOPIC, task()))).toBe('forwarded');
  expect(fate(await driver.feedValue(TOPIC, inJson(task())))).toBe('dropped: duplicate');
  expect(fate(await driver.feedValue(TOPIC, inJson(task({ eventId: 'other' }))))).toBe('forwarded');
});
