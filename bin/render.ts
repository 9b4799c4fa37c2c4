/** `render`: what a recipient would read, without a broker. */
import type { Command } from 'commander';
import { stringify } from 'lossless-json';
import { ConfigError, FatalError } from '../common/errors.js';
import { loadTemplates } from '../processors/load-templates.js';
import { createLocaleChoice } from '../processors/rules/locales.js';
import type { RuleSet } from '../processors/rules/rule-set.js';
import { languagesOf } from '../processors/rules/served-locales.js';
import { compileJsonReader } from '../schemas/json/json-reader.js';
import { JsonFault } from '../schemas/json/json-fault.js';
import { completed } from '../schemas/json/example-event.js';
import { became } from '../topology/testing/case-differences.js';
import { TopologyDriver, type Driven } from '../topology/testing/driver.js';
import { feedJson, feedUsers, jsonValue, keysOf } from '../topology/testing/feed-json.js';
import { drivenNotices } from '../topology/testing/notices.js';
import type { Config } from '../topology/worker/config.js';
import { readEvent, sourceOf } from './event-file.js';
import { checkedRules, readOffline } from './rules-folder.js';
import { CHANNEL_FLAGS, noticeLines, type ChannelFlag } from './show-notices.js';

const PRINTERS = { text: printText, html: printHtml, json: printJson } as const;
const FORMATS = Object.keys(PRINTERS) as (keyof typeof PRINTERS)[];

interface RenderFlags {
  readonly event: string;
  readonly topic: string;
  readonly locale?: string;
  readonly timeZone?: string;
  readonly channel?: string;
  readonly format: string;
}

export function addRenderCommand(program: Command): void {
  program
    .command('render')
    .description('show what a recipient would read of an event, without a broker')
    .requiredOption('--event <file>', 'the event, as JSON; what is left out has an example value of its type')
    .requiredOption('--topic <topic>', 'the topic that it is for, without TOPIC_PREFIX, such as TASK_EVENT_TOPIC')
    .option('--locale <tag>', "the recipient's, such as vi-VN")
    .option('--time-zone <zone>', "the recipient's, such as Asia/Ho_Chi_Minh")
    .option('--channel <channel>', `one of ${Object.keys(CHANNEL_FLAGS).join(', ')}; default: all of them`)
    .option('--format <format>', "text; html, the e-mail's own; or json, the records", 'text')
    .action(async (flags: RenderFlags) => render(readOffline(program.opts()), flags));
}

async function render(config: Config, flags: RenderFlags): Promise<void> {
  const { format } = flags;
  const channel = channelOf(flags);
  if (!isOneOf(FORMATS, format)) throw new ConfigError([`--format is "${format}": expected ${FORMATS.join(', ')}`]);
  if (format === 'html' && channel !== undefined && channel !== 'email')
    throw new ConfigError([`--format html is an e-mail's: expected --channel email, not ${channel}`]);
  const rules = checkedRules(config);
  const driven = await drive(config, rules, flags);
  warnOfLocale(config, rules, flags);
  const { processed } = driven;
  if (processed.kind === 'dead-lettered' || processed.kind === 'dropped')
    throw new FatalError(`it would be ${became(processed)}`);
  PRINTERS[format](driven, channel);
}

function channelOf({ channel }: RenderFlags): ChannelFlag | undefined {
  const known = Object.keys(CHANNEL_FLAGS) as ChannelFlag[];
  if (channel === undefined || isOneOf(known, channel)) return channel;
  throw new ConfigError([`--channel is "${channel}": expected ${known.join(', ')}`]);
}

function isOneOf<T extends string>(known: readonly T[], value: string): value is T {
  return (known as readonly string[]).includes(value);
}

/** Twice: who is told is known from the first time, and the second finds them in the directory. */
async function drive(config: Config, rules: RuleSet, flags: RenderFlags): Promise<Driven> {
  const source = sourceOf(rules, flags.topic);
  const { locale, timeZone } = flags;
  const { actionUrlSchemes } = config;
  const templates = loadTemplates([config.templatesDir, rules.templatesDir]);
  const locales = languagesOf(rules);
  const driver = (): TopologyDriver =>
    new TopologyDriver({ rules, locales, templates, actionUrlSchemes, now: Date.now() });
  const event = completed(source.record, readEvent(flags.event), Date.now());
  try {
    const first = await feedJson(driver(), source, event);
    const users = drivenNotices(first.outputs).map(({ userId }) => ({
      ...{ id: String(userId), email: `user-${userId}@example.com`, devices: [`device-of-${userId}`] },
      ...{ locale, timeZone },
    }));
    if (users.length === 0) return first;
    const second = driver();
    const { tenantId } = keysOf(source, compileJsonReader(source.record)(jsonValue(event)));
    await feedUsers(second, rules, tenantId, users);
    return await feedJson(second, source, event);
  } catch (error) {
    if (error instanceof JsonFault) throw new ConfigError([`--event ${flags.event}: ${error.message}`]);
    throw error;
  }
}

function warnOfLocale({ locales }: Config, rules: RuleSet, { locale }: RenderFlags): void {
  if (locale === undefined) return;
  const shown = createLocaleChoice(languagesOf(rules))(locale);
  const written = createLocaleChoice(locales)(locale);
  if (shown === written) return;
  process.stderr.write(
    `(shown in ${shown}; workers write ${written} for ${locale}: LOCALES is ${locales.join(',')})\n`,
  );
}

function printText({ outputs }: Driven, channel: ChannelFlag | undefined): void {
  const notices = drivenNotices(outputs);
  if (notices.length === 0) process.stdout.write('it tells nobody\n');
  for (const notice of notices) process.stdout.write(`${noticeLines(notice, channel).join('\n')}\n`);
}

function printHtml({ outputs }: Driven): void {
  const [email] = outputs.EMAIL_REQUEST_TOPIC;
  if (email === undefined) throw new FatalError('it makes no e-mail: EMAIL is none of its channels');
  process.stdout.write(`${email.event.bodyHtml}\n`);
}

const TOPICS = {
  'in-app': 'NOTIFICATION_INAPP_TOPIC',
  email: 'EMAIL_REQUEST_TOPIC',
  push: 'PUSH_REQUEST_TOPIC',
} as const;

/** A list of records by topic; int64 as numbers. */
function printJson({ outputs }: Driven, channel: ChannelFlag | undefined): void {
  const topics =
    channel === undefined ? [...Object.values(TOPICS), 'NOTIFICATION_DELIVERED_TOPIC' as const] : [TOPICS[channel]];
  const records = topics.map((topic) => [topic, outputs[topic]] as const).filter(([, list]) => list.length > 0);
  process.stdout.write(`${stringify(Object.fromEntries(records), undefined, 2)}\n`);
}
