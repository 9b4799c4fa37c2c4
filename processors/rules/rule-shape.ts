/** What a rules file may say, as zod: checking and the JSON Schema for editors come from here. */
import { z } from 'zod';
import { CHANNELS } from '../channels.js';

/** The record's place in the place of an event id: `TASK_EVENT_TOPIC-3@42`. No field can be called so. */
export const RECORD_PLACE = 'topic-partition-offset';
/** The record's own time in the place of a timestamp. */
export const RECORD_TIME = 'record-timestamp';

const PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
const fieldName = z
  .string({ error: 'expected the name of a field' })
  .regex(PATH, { error: 'expected the name of a field, such as assignedTo or customer.ownerId' })
  .describe('A field of the schema; one of a record in it behind a dot: customer.ownerId.');
const fieldNames = z
  .union([fieldName, z.array(fieldName).min(1)], { error: 'expected the name of a field, or a list of names' })
  .transform((given) => (typeof given === 'string' ? [given] : given));
const plain = z.string({ error: 'expected a text' }).min(1, { error: 'expected a text that is not empty' });
const icu = plain.describe(
  "ICU MessageFormat. {field} is a field's value; an apostrophe before a brace is written twice: ''{taskTitle}''.",
);

/** A text, or the field that holds it. */
const textOrField = z
  .union([plain, z.strictObject({ field: fieldName })], {
    error: 'expected a text, or { field: NAME } for the value of a field',
  })
  .describe('A text; or { field: NAME } for the value of a field.');
export type TextOrField = z.output<typeof textOrField>;

const money = z.strictObject({
  money: fieldName.describe('The field with the amount.'),
  currency: fieldName.optional().describe('The field with the ISO 4217 code. Without one it is US dollars.'),
});
const value = z
  .union([fieldName, money], { error: 'expected the name of a field, or { money: FIELD, currency: FIELD }' })
  .describe('A name for texts: of a field in a record ({customer: customer.name}), or of an amount of money.');
export type NamedValue = z.output<typeof value>;

const SPAN = /^([1-9]\d{0,5})(m|h|d)$/;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const span = z
  .string({ error: 'expected a time such as 90m, 36h or 7d' })
  .regex(SPAN, { error: 'expected a time such as 90m, 36h or 7d' });

/** Milliseconds of a span. */
export function spanMs(given: string): number {
  const [, count, unit] = SPAN.exec(given)!;
  return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

const TYPES = ['INFO', 'SUCCESS', 'WARNING', 'ERROR'] as const;

/** What a source may say of all its events, and an event for itself. */
const part = {
  recipient: fieldNames
    .optional()
    .describe('The field with the id of who is told, or with a list of ids; several are told together.'),
  type: z
    .enum(TYPES, { error: `expected one of ${TYPES.join(', ')}` })
    .optional()
    .describe('Default INFO.'),
  category: plain.optional().describe('Shown by clients, such as TASK. Default: empty.'),
  priority: textOrField
    .optional()
    .describe('LOW, NORMAL or HIGH. HIGH also goes to channels that a user has muted. Default NORMAL.'),
  entity: z
    .strictObject({ type: textOrField, id: fieldName })
    .optional()
    .describe('What the event is about: { type: task, id: taskId }.'),
  actionUrl: icu
    .optional()
    .describe(
      'Where a click goes. Values are escaped, unless the whole is one field: https://erp.example/tasks/{taskId}',
    ),
  expires: z
    .union([z.strictObject({ field: fieldName }), z.strictObject({ after: span })], {
      error: 'expected { after: 7d } behind the event, or { field: NAME } of a timestamp',
    })
    .optional()
    .describe(
      "When it is no longer worth sending: { after: 7d } behind the event's timestamp, or { field: NAME } of a timestamp.",
    ),
  metadata: z
    .array(fieldName, { error: 'expected a list of fields' })
    .optional()
    .describe(
      'Fields that go along as texts where they are given. A field that is a map goes along with each of its values.',
    ),
  values: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, { error: 'expected a name of letters, digits and _' }), value)
    .optional()
    .describe(
      'Names for the texts beside those of fields: { who: employee.name, total: { money: amount, currency: currency } }.',
    ),
} as const;

/** The names of those settings. */
export const RULE_PARTS = Object.keys(part) as (keyof typeof part)[];

const eventShape = z.strictObject({
  title: icu,
  message: icu,
  channels: z
    .array(z.enum(CHANNELS, { error: `expected one of ${CHANNELS.join(', ')}` }), {
      error: `expected a list of channels: ${CHANNELS.join(', ')}`,
    })
    .min(1, { error: `expected at least one channel: ${CHANNELS.join(', ')}` })
    .describe('Where it goes, unless the user has muted it.'),
  ...part,
});
export type EventRuleShape = z.output<typeof eventShape>;
export type RulePart = Omit<EventRuleShape, 'title' | 'message' | 'channels'>;

const HANDLERS = ['requests', 'accounts'] as const;
/** `requests`: notifications as they are asked for. `accounts`: events that also make the user directory. */
export type SourceHandler = (typeof HANDLERS)[number];
const FORMATS = ['avro', 'json', 'avro-or-json'] as const;

export const sourceShape = z
  .strictObject({
    topic: z
      .string({ error: 'expected the name of a topic' })
      .regex(/^[A-Za-z0-9._-]{1,200}$/, {
        error: 'expected a topic name of letters, digits, dots, underscores and hyphens',
      })
      .describe("The topic's logical name, without TOPIC_PREFIX."),
    format: z
      .enum(FORMATS, { error: `expected one of ${FORMATS.join(', ')}` })
      .default('avro')
      .describe('How its records are written. avro-or-json: each record by its first byte.'),
    schema: plain.describe(
      "A record of the contract, such as TaskEvent; or a file of the rules' folder: schemas/HrEvent.avsc",
    ),
    handler: z
      .enum(HANDLERS, { error: `expected ${HANDLERS.join(' or ')}, or nothing` })
      .optional()
      .describe('What code does with the events: requests, accounts.'),
    service: plain.optional().describe('The name of the service, which goes out as sourceService.'),
    fields: z
      .strictObject({
        eventType: fieldName.default('eventType'),
        eventId: z
          .union([fieldName, z.literal(RECORD_PLACE), z.strictObject({ hash: z.array(fieldName).min(1) })], {
            error: `expected the name of a field, ${RECORD_PLACE}, or { hash: [FIELD, ...] }`,
          })
          .default('eventId')
          .describe(
            `A field; ${RECORD_PLACE}, where a copy is another event; or { hash: [FIELD, ...] } of what makes two the same.`,
          ),
        timestamp: z
          .union([fieldName, z.literal(RECORD_TIME)], { error: `expected the name of a field, or ${RECORD_TIME}` })
          .default('timestamp')
          .describe(`A field; or ${RECORD_TIME}: the record's own time.`),
        tenant: fieldName.default('tenantId'),
      })
      .prefault({})
      .describe("Where an event's type, id, time and tenant are. Two records of one id are the same event."),
    ...part,
    events: z.record(z.string().min(1), eventShape).default({}).describe('By event type.'),
  })
  .describe('What is made of the events of one topic.');
export type SourceShape = z.output<typeof sourceShape>;

/** rules.yaml */
export const manifestShape = z.strictObject({
  version: z
    .int({ error: 'expected a whole number' })
    .min(1, { error: 'expected 1 or more' })
    .describe('Raise it with each change of topics, event types or channels: workers of an older version wait.'),
  language: z
    .string({ error: 'expected a language, such as en' })
    .default('en')
    .describe("The language of the texts in the sources' files."),
  layout: plain
    .optional()
    .describe('A layout for e-mails, such as layouts/standard.html. Without one: the plain message.'),
});

/** texts/LANGUAGE.yaml: by source, then by event type. */
export const languageShape = z.record(z.string(), z.record(z.string(), z.strictObject({ title: icu, message: icu })));
