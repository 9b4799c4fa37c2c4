/** What is wrong with a rule set beside the shape of its files: each fault is noted at its file and line. */
import { SINK_TOPICS } from '../../common/record.js';
import { SCHEMAS } from '../../schemas/types.js';
import { closest } from './closest.js';
import { RuleCompiler, type RuleReaders } from './compile-rules.js';
import type { EventRule, Language, SourceRules, TextPair } from './rule-set.js';
import type { SourceHandler } from './rule-shape.js';
import { compileText } from './texts.js';
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

/** Notes every fault. `faults` is for those that belong to no file. */
export function checkRules(rules: CheckedRules, faults: string[]): void {
  const { sources, languages, hasUnread } = rules;
  if (!hasUnread && !sources.some(({ rules }) => rules.handler === 'accounts')) {
    faults.push('sources: no file has `handler: accounts`; expected one, which makes the user directory');
  }
  checkTopics(sources);
  checkRecords(sources);
  for (const source of sources) checkSource(source, languages);
  for (const [tag, language] of languages) checkLanguage(tag, language, rules, faults);
}

function checkTopics(sources: readonly CheckedSource[]): void {
  const owners = new Map<string, string>(SINK_TOPICS.map((topic) => [topic, 'written by the stream']));
  const handlers = new Map<string, string>();
  for (const { file, rules } of sources) {
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
  const records = new Map<string, CheckedSource>();
  for (const source of sources) {
    const { record } = source.rules;
    const other = records.get(record.name);
    if (other && JSON.stringify(other.rules.record) !== JSON.stringify(record)) {
      source.file.fault(
        ['schema'],
        `${other.file.name} has another schema of the name ${record.name}; expected one schema a name`,
      );
    }
    records.set(record.name, other ?? source);
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
  if (handler === 'requests') {
    for (const type of events.keys())
      file.fault(['events', type], 'a request says itself what it tells; expected no events');
    return;
  }
  if (handler === undefined && events.size === 0 && file.isWhole)
    file.fault(['events'], 'missing; expected at least one event type');
  const compiler = new RuleCompiler(rules, (path, message) => file.fault(path, message));
  compiler.keys(rules);
  for (const [type, rule] of events) {
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
    if (rule.actionUrl !== undefined)
      checkText(rule.actionUrl, 'en', { file, path: where('actionUrl') }, readers, compiler.namesFor(rule));
  }
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
function checkLanguage(
  tag: string,
  { file, texts }: CheckedLanguage,
  { sources, hasUnread }: CheckedRules,
  faults: string[],
): void {
  if (!isLanguage(tag)) faults.push(`texts/${tag}.yaml: ${tag} is no language; expected a tag such as vi or pt-BR`);
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

function meant(name: string, names: Iterable<string>): string {
  const like = closest(name, [...names]);
  return like.length > 0 ? `; did you mean ${like.join(' or ')}?` : '';
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
