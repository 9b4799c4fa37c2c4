/** Feeds the driver what people write as JSON: events, and who is in the user directory. */
import { stringify } from 'lossless-json';
import type { EventRecord } from '../../schemas/codecs.js';
import type { JsonObject } from '../../schemas/json/example-event.js';
import { inSchemaUnits } from '../../schemas/in-schema-units.js';
import { compileJsonReader } from '../../schemas/json/json-reader.js';
import type { SourceSpec } from '../../schemas/source-spec.js';
import { compilerOf } from '../../processors/rules/compile-rules.js';
import type { CaseUser } from '../../processors/rules/case-shape.js';
import type { RuleSet, SourceRules } from '../../processors/rules/rule-set.js';
import type { Driven, TopologyDriver } from './driver.js';

/** As the bytes of a record that is JSON. */
export function jsonValue(event: JsonObject): Buffer {
  return Buffer.from(stringify(event)!);
}

/** As the topic's producers write it. Throws a JsonFault for what the source's schema does not take, unless that is JSON itself. */
export function feedJson(driver: TopologyDriver, source: SourceSpec, event: JsonObject): Promise<Driven> {
  const { topic, record, format } = source;
  const value = jsonValue(event);
  return format === 'json'
    ? driver.feedValue(topic, value)
    : driver.feed(topic, inSchemaUnits(record, compileJsonReader(record)(value)));
}

/** The event's own parts. */
export function keysOf(source: SourceRules, event: EventRecord): { eventType: string; tenantId: bigint } {
  const keys = compilerOf(source).keys(source);
  return { eventType: keys.eventType(event), tenantId: keys.tenantId(event) };
}

/** Makes them known as of long ago: whatever an event says of its user is newer. */
export async function feedUsers(
  driver: TopologyDriver,
  { sources }: RuleSet,
  tenantId: bigint,
  users: readonly CaseUser[],
): Promise<void> {
  const accounts = sources.find(({ handler }) => handler === 'accounts')!;
  for (const { id, email, name, devices = [], locale, timeZone, muted = [] } of users) {
    await feedJson(driver, accounts, {
      eventId: `a user of the directory: ${id}`,
      eventType: 'USER_UPDATED',
      timestamp: 1,
      userId: id,
      tenantId: String(tenantId),
      ...{ email, fullName: name, locale, timeZone, deviceTokens: devices, mutedChannels: muted },
    });
  }
}
