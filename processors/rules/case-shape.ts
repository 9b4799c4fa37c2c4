/** What a file of cases may say, as zod: an event, who is in the directory, and what must come of it. */
import { z } from 'zod';
import { DEAD_LETTER_REASONS, DROP_REASONS } from '../../common/label-values.js';
import { CHANNELS } from '../channels.js';

const text = z.string({ error: 'expected a text' });
const texts = z.array(text, { error: 'expected a list of texts' });
const ID = 'expected an id: a whole number, or its digits in quotes';
const id = z
  .union([z.int(), z.string().regex(/^-?\d{1,19}$/)], { error: ID })
  .transform(String)
  .describe('A whole number; one of more than 15 digits as text.');
const values = z.record(z.string(), text, { error: 'expected texts by name' });

const TIME = 'expected a time such as 2026-01-22T10:00:00Z, or milliseconds since 1970';
const time = z
  .union([z.int(), z.string().refine((given) => !Number.isNaN(Date.parse(given)), { error: TIME })], { error: TIME })
  .transform((given) => new Date(given).toISOString())
  .describe('Such as 2026-01-22T10:00:00Z, or milliseconds since 1970.');

const user = z.strictObject({
  id,
  email: text.optional(),
  name: text.optional(),
  devices: texts.optional().describe('Tokens for PUSH.'),
  locale: text.optional().describe('Such as vi-VN.'),
  timeZone: text.optional().describe('Such as Asia/Ho_Chi_Minh.'),
  muted: texts.optional().describe('Channels that the user has turned off.'),
});
export type CaseUser = z.output<typeof user>;

const outcome = z.enum(['DISPATCHED', 'NO_ADDRESS', 'NO_DEVICE', 'MUTED', 'EXPIRED', 'UNKNOWN_CHANNEL'], {
  error: 'expected DISPATCHED, or why not: NO_ADDRESS, NO_DEVICE, MUTED, EXPIRED, UNKNOWN_CHANNEL',
});

const notice = z
  .strictObject({
    user: id.describe('Who is told.'),
    title: text.optional(),
    message: text.optional(),
    type: text.optional(),
    category: text.optional(),
    priority: text.optional(),
    actionUrl: text.nullable().optional(),
    entity: z.strictObject({ type: text, id }).nullable().optional(),
    metadata: values.optional().describe('All of it.'),
    expiresAt: time.nullable().optional(),
    channels: z
      .record(z.string(), outcome)
      .optional()
      .describe(`What became of each channel, all of them: ${CHANNELS.join(', ')}.`),
    email: z
      .strictObject({
        to: z
          .union([text, texts], { error: 'expected an address, or a list of addresses' })
          .transform((given) => (typeof given === 'string' ? [given] : given))
          .optional(),
        subject: text.optional(),
        body: text.optional(),
        bodyHtml: text.optional(),
      })
      .optional(),
    push: z
      .strictObject({
        devices: texts.optional(),
        title: text.optional(),
        body: text.optional(),
        actionUrl: text.nullable().optional(),
        data: values.optional(),
      })
      .optional(),
  })
  .describe('What one user is told, as much of it as the case is about.');
export type ExpectedNotice = z.output<typeof notice>;

const deadLetter = z.strictObject({
  deadLetter: z.enum(DEAD_LETTER_REASONS, { error: `expected one of ${DEAD_LETTER_REASONS.join(', ')}` }),
});
const skipped = z.strictObject({
  skipped: z.enum(DROP_REASONS, { error: `expected one of ${DROP_REASONS.join(', ')}` }),
});

const EXACT = 'expected a number of at most 15 digits; put longer ones in quotes';

/** YAML's numbers are JavaScript's: what they do not hold must not be taken for what was written. */
const json = z.unknown().superRefine((value, context) => {
  if (isInexact(value)) context.addIssue({ code: 'custom', message: EXACT });
});

function isInexact(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(isInexact);
}

const oneCase = z.strictObject({
  name: text.optional().describe('What it shows, for whoever reads a failure.'),
  event: z
    .record(z.string(), json, { error: "expected the event's fields" })
    .describe('Fields as JSON has them. What the schema wants and is left out has a value of its type.'),
  users: z.array(user).default([]).describe("The user directory, of the event's tenant."),
  expect: z
    .union([z.array(notice), deadLetter, skipped], {
      error: 'expected a list of notifications, { deadLetter: REASON } or { skipped: REASON }',
    })
    .describe('What each user is told; or { deadLetter: REASON }; or { skipped: REASON }.'),
});
export type RuleCase = z.output<typeof oneCase>;

/** cases/SOURCE.yaml */
export const casesShape = z
  .array(oneCase, { error: 'expected a list of cases' })
  .describe("Cases of a source's rules, for `notification-streams rules test`.");
