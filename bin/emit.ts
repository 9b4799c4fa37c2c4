/** `emit`: one event for real, and what came of it. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { ConfigError } from '../common/errors.js';
import { sourcePartition, type SourceName } from '../common/record.js';
import { compilerOf } from '../processors/rules/compile-rules.js';
import { fieldsOf } from '../processors/rules/fields.js';
import type { RuleSet, SourceRules } from '../processors/rules/rule-set.js';
import { rulesIn } from '../processors/rules/shipped.js';
import type { EventRecord } from '../schemas/codecs.js';
import { completed, type JsonObject } from '../schemas/json/example-event.js';
import { JsonFault } from '../schemas/json/json-fault.js';
import { compileJsonReader } from '../schemas/json/json-reader.js';
import { userKey } from '../state/directory/directory-entry.js';
import { TopologyDriver } from '../topology/testing/driver.js';
import { became } from '../topology/testing/case-differences.js';
import { feedJson, jsonValue, keysOf } from '../topology/testing/feed-json.js';
import { noticesOf } from '../topology/testing/notices.js';
import type { Config } from '../topology/worker/config.js';
import { emit, type Emitted } from '../topology/operations/emit.js';
import { readEvent, sourceOf } from './event-file.js';
import { readConfig } from './read-config.js';
import { noticeLines } from './show-notices.js';

interface EmitFlags {
  readonly event: string;
  readonly topic: string;
  readonly key?: string;
  readonly timeout: string;
}

export function addEmitCommand(program: Command): void {
  program
    .command('emit')
    .description('send one event to the broker, and show what the workers make of it')
    .requiredOption('--event <file>', 'the event, as JSON; eventId and timestamp are made where they are left out')
    .requiredOption('--topic <topic>', 'the topic that it is for, without TOPIC_PREFIX, such as SALES_EVENT_TOPIC')
    .option('--key <key>', "the record's key (default: the event's id; of account events tenantId|userId)")
    .option('--timeout <seconds>', 'how long the workers may take', '30')
    .addHelpText('after', '\nExit code 1 when it became a dead letter, or nothing in time.')
    .action(async (flags: EmitFlags) => emitCommand(readConfig(program.opts(), {}, { registry: true }), flags));
}

async function emitCommand(config: Config, flags: EmitFlags): Promise<void> {
  const { event: path, topic, key, timeout } = flags;
  if (!/^[1-9]\d{0,3}$/.test(timeout)) throw new ConfigError([`--timeout is "${timeout}": expected seconds, from 1`]);
  const rules = rulesIn(config.rulesDir);
  const source = sourceOf(rules, topic);
  const given = withKeys(source, readEvent(path));
  const json = jsonValue(given);
  const event = read(source, json, path);
  const emitted = await emit(config, {
    ...{
      source,
      content: source.format === 'json' || event === undefined ? json : event,
      timeoutMs: Number(timeout) * 1000,
    },
    key: key ?? (event === undefined ? randomUUID() : keyOf(source, event)),
    tenantId: event && keysOf(source, event).tenantId,
    eventIdAt: ({ partition, offset }) =>
      event && eventIdOf(source, event, sourcePartition(topic, partition).name, offset),
  });
  const lines = await linesOf(emitted, rules, source, given);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (emitted.kind === 'pending' || emitted.deadLetter) process.exitCode = 1;
}

/** With an id of its own, of now, where the file has none. */
function withKeys({ record, fields }: SourceRules, given: JsonObject): JsonObject {
  const { eventId, timestamp } = fields;
  const isText = typeof eventId === 'string' && fieldsOf(record).get(eventId)?.kind === 'text';
  const now = completed(record, {}, Date.now())[timestamp];
  return { ...(isText && { [eventId]: randomUUID() }), ...(now !== undefined && { [timestamp]: now }), ...given };
}

/** Undefined for one that is no event of a topic of JSON, which takes anything. */
function read({ record, format }: SourceRules, json: Buffer, path: string): EventRecord | undefined {
  try {
    return compileJsonReader(record)(json);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    if (format === 'json') return undefined;
    throw new ConfigError([`--event ${path}: ${error.message}`]);
  }
}

/** As the contract's producers key. */
function keyOf(source: SourceRules, event: EventRecord): string {
  const { handler, idField, record } = source;
  if (handler === 'accounts') return userKey(keysOf(source, event).tenantId, event['userId'] as bigint);
  return idField === undefined ? randomUUID() : String(fieldsOf(record).get(idField)!.get(event));
}

function eventIdOf(source: SourceRules, event: EventRecord, name: SourceName, offset: number): string {
  const record = { source: name, offset, timestamp: -1 };
  return compilerOf(source).keys(source).eventId(event, { record, now: Date.now() });
}

async function linesOf(emitted: Emitted, rules: RuleSet, source: SourceRules, given: JsonObject): Promise<string[]> {
  const { sent, kind, committed, outputs, deadLetter } = emitted;
  const lines = [`sent to ${sent.topic}-${sent.partition}@${sent.offset}`];
  if (kind === 'pending') {
    const where =
      committed === undefined ? 'no worker has committed anything there' : `the workers stand at ${committed}`;
    return [...lines, `nothing came of it in time: ${where}. Is a worker running, with this TOPIC_PREFIX and APP_ID?`];
  }
  if (deadLetter) return [...lines, `dead letter, ${deadLetter.reason}: ${deadLetter.message}`];
  const notices = noticesOf({
    delivered: outputs.NOTIFICATION_DELIVERED_TOPIC,
    inApp: outputs.NOTIFICATION_INAPP_TOPIC,
    emails: outputs.EMAIL_REQUEST_TOPIC,
    pushes: outputs.PUSH_REQUEST_TOPIC,
  });
  if (notices.length > 0) return [...lines, ...notices.flatMap((notice) => noticeLines(notice))];
  return [...lines, await whyNothing(rules, source, given)];
}

/** By the rules that are at hand: those of the workers may be others. */
async function whyNothing(rules: RuleSet, source: SourceRules, given: JsonObject): Promise<string> {
  const { processed, outputs } = await feedJson(new TopologyDriver({ rules }), source, given);
  if (processed.kind === 'dropped') return became(processed);
  if (outputs.NOTIFICATION_DELIVERED_TOPIC.length === 0) return 'it tells nobody';
  return 'nothing came of it: an event of this id was processed before (within DEDUP_WINDOW), or the workers have other rules';
}
