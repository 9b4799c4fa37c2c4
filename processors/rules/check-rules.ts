/** What is wrong with a rule set beside the shape of its files: each fault is noted at its file and line. */
import { SINK_TOPICS } from '../../common/record.js';
import { isSameRecord, type AvroRecord } from '../../schemas/avro/avro-schema.js';
import { unqualified } from '../../schemas/avro/writer-type.js';
import { SINK_RECORDS } from '../../schemas/topic-records.js';
import { SCHEMAS } from '../../schemas/types.js';
import { meant } from '../../common/closest.js';
import { RuleCompiler, type RuleReaders } from './compile-rules.js';
import { canonicalLocale } from './locales.js';
import type { EventRule, Language, SourceRules, TextPair } from './rule-set.js';
import { RULE_PARTS, type SourceHandler } from './rule-shape.js';
import { compileText } from './texts.js';
import { inUrl, urlFault } from './url-text.js';
import type { Path, YamlFile } from './yaml-file.js';

/** A source's rules, and the file that they come from. */
export interface CheckedSource {
  readonly file: YamlFile;
  readonly rules: SourceRules;
}

/** Texts in one language; without a file for those that stand in the sources' own. */
export interface CheckedLanguage {
  readonly file: YamlFile | undefined;
  readonly texts: Language;
}

export interface CheckedRules {
  readonly sources: readonly CheckedSource[];
  /** That of the sources' own texts. */
  readonly language: string;
  /** By tag. */
  readonly languages: ReadonlyMap<string, CheckedLanguage>;
  /** Whether there is a source whose file could not be read. */
  readonly hasUnread: boolean;
}

/** The record that each handler's code is written for. */
const HANDLED = {
  requests: 'NotificationRequestEvent',
  accounts: 'UserEvent',
} as const satisfies Record<SourceHandler, string>;

/** What code does: settings that it would not read. */
const IGNORED: Readonly<Record<SourceHandler, readonly string[]>> = {
  requests: ['fields', 'service', ...RULE_PARTS, 'events'],
  accounts: ['fields'],
};

/** The steps that a record takes behind the sources: a source cannot be called like one. */
export const STEP_NAMES: readonly string[] = [
  'decode',
  'map',
  'dedup',
  'route',
  'email',
  'push',
  'in-app',
  'delivered',
  'directory',
  'dead-letter',
];

/** Notes every fault. `faults` is for those that belong to no file. */
export function checkRules(rules: CheckedRules, faults: string[]): void {
  const { sources, languages, hasUnread } = rules;
  if (!hasUnread && !sources.some(({ rules }) => rules.handler === 'accounts')) {
    faults.push('sources: no file has `handler: accounts`; expected one, which makes the user directory');
  }
  checkTopics(sources);
  checkRecords(sources);
  const known = new Map([...languages].filter(([tag]) => canonicalLocale(tag) === tag));
  for (const source of sources) checkSource(source, known);
  for (const [tag, language] of languages) checkLanguage(tag, language, rules, faults);
}

function checkTopics(sources: readonly CheckedSource[]): void {
  const owners = new Map<string, string>(SINK_TOPICS.map((topic) => [topic, 'written by the stream']));
  const handlers = new Map<string, string>();
  for (const { file, rules } of sources) {
    if (STEP_NAMES.includes(rules.name))
      file.fault([], `${rules.name} is a step of the stream; expected another name for the file`);
    const owner = owners.get(rules.topic);
    if (owner !== undefined)
      file.fault(['topic'], `${rules.topic} is ${owner} already; expected a topic for each file`);
    owners.set(rules.topic, `read by ${file.name}`);
    if (rules.handler === undefined) continue;
    const other = handlers.get(rules.handler);
    if (other !== undefined) file.fault(['handler'], `${rules.handler} is the handler of ${other} already`);
    handlers.set(rules.handler, file.name);
  }
}

/** A record's schema in the registry is told by its name. */
function checkRecords(sources: readonly CheckedSource[]): void {
  const records = new Map<string, { readonly record: AvroRecord; readonly owner: string }>(
    Object.values(SINK_RECORDS).map((record) => [record.name, { record, owner: 'the stream writes' }]),
  );
  for (const { file, rules } of sources) {
    if (rules.format === 'json') continue;
    const { record } = rules;
    const name = unqualified(record.name);
    const other = records.get(name);
    if (other && !isSameRecord(other.record, record))
      file.fault(['schema'], `${other.owner} another schema of the name ${name}; expected one schema a name`);
    if (other === undefined) records.set(name, { record, owner: `${file.name} has` });
  }
}

function checkSource({ file, rules }: CheckedSource, languages: ReadonlyMap<string, CheckedLanguage>): void {
  const { handler, record, events, name } = rules;
  if (handler !== undefined && record !== SCHEMAS[HANDLED[handler]]) {
    file.fault(
      ['schema'],
      `${record.name} is given; expected ${HANDLED[handler]} of the contract, which ${handler} takes`,
    );
    return;
  }
  if (handler !== undefined) checkHandled(file, handler);
  if (handler === 'requests') return;
  if (handler === undefined && events.size === 0 && file.isWhole)
    file.fault(['events'], 'missing; expected at least one event type');
  const compiler = new RuleCompiler(rules, (path, message) => file.fault(path, message));
  compiler.keys(rules);
  for (const [type, rule] of events) {
    if (handler === 'accounts' && rule.recipient?.join() !== 'userId')
      file.fault(['recipient'], 'an account event tells its own user; expected userId');
    const where = (setting: string): Path => {
      const own = ['events', type, setting];
      return file.has(own) || !file.has([setting]) ? own : [setting];
    };
    const readers = compiler.rule(rule, where);
    for (const [tag, { file: texts, texts: language }] of languages) {
      const pair = language.get(name)?.get(type);
      if (pair === undefined) continue;
      const at = texts === undefined ? { file, path: ['events', type] } : { file: texts, path: [name, type] };
      checkTexts(pair, tag, at, readers, compiler.namesFor(rule));
    }
    if (rule.actionUrl !== undefined) {
      const url = { ...readers, named: inUrl(rule.actionUrl, readers.named) };
      checkText(rule.actionUrl, 'en', { file, path: where('actionUrl') }, url, compiler.namesFor(rule));
      const fault = urlFault(rule.actionUrl);
      if (fault !== undefined) file.fault(where('actionUrl'), fault);
    }
  }
}

/** What code does is not to be set: it would be ignored. */
function checkHandled(file: YamlFile, handler: SourceHandler): void {
  for (const setting of IGNORED[handler].filter((name) => file.has([name])))
    file.fault([setting], `${handler} are handled by code, which does not read this; expected it to be left out`);
}

interface Place {
  readonly file: YamlFile;
  readonly path: Path;
}

function checkTexts(
  pair: TextPair,
  tag: string,
  { file, path }: Place,
  readers: RuleReaders,
  names: readonly string[],
): void {
  for (const part of ['title', 'message'] as const) {
    checkText(pair[part], tag, { file, path: [...path, part] }, readers, names);
  }
}

function checkText(
  text: string,
  tag: string,
  { file, path }: Place,
  { named }: RuleReaders,
  names: readonly string[],
): void {
  if (file.hasComment(path)) {
    file.fault(path, 'YAML takes what stands behind ` #` for a comment; put the text in quotes');
  }
  const compiled = compileText(text, tag, named, names);
  if (compiled.kind === 'faults') for (const fault of compiled.faults) file.fault(path, fault);
}

/** Each language has a text for each event, and for nothing else. */
function checkLanguage(tag: string, { file, texts }: CheckedLanguage, rules: CheckedRules, faults: string[]): void {
  const { sources, hasUnread } = rules;
  if (file !== undefined && tag === rules.language)
    file.fault([], `${tag} is the language of the sources' own files; expected its texts there`);
  if (canonicalLocale(tag) !== tag) {
    faults.push(`texts/${tag}.yaml: ${tag} is no language; expected a tag such as vi or pt-BR`);
    return;
  }
  if (file === undefined) return;
  for (const { rules } of sources) {
    for (const type of rules.events.keys()) {
      if (!texts.get(rules.name)?.has(type))
        file.fault([rules.name], `${type} has no text; expected title and message`);
    }
  }
  // What a source with faults has is not known.
  if (hasUnread || sources.some((source) => !source.file.isWhole)) return;
  const events = new Map<string, ReadonlyMap<string, EventRule>>(
    sources.map(({ rules }) => [rules.name, rules.events]),
  );
  for (const [name, types] of texts) {
    const known = events.get(name);
    if (known === undefined) {
      file.fault([name], `there is no source of this name${meant(name, events.keys())}`);
      continue;
    }
    for (const type of types.keys()) {
      if (!known.has(type))
        file.fault([name, type], `sources/${name}.yaml has no such event${meant(type, known.keys())}`);
    }
  }
}
