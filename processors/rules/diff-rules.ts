/** What differs between two rule sets, in words: for whoever reviews a change, and to tell what takes a restart. */
import { isDeepStrictEqual } from 'node:util';
import { RULE_PARTS } from './rule-shape.js';
import type { EventRule, RuleSet, SourceRules } from './rule-set.js';

export interface RulesDiff {
  /** One line a difference. */
  readonly lines: readonly string[];
  /** Those that a running worker cannot take on. */
  readonly restart: readonly string[];
  /** Whether workers of both must not run side by side under one version: topics, event types or channels differ. */
  readonly needsVersion: boolean;
}

/** From `before` to `after`. */
export function diffRules(before: RuleSet, after: RuleSet): RulesDiff {
  const lines: string[] = [];
  const restart: string[] = [];
  let needsVersion = false;
  if (before.version !== after.version) lines.push(`version ${before.version} -> ${after.version}`);
  if (before.language !== after.language)
    lines.push(`the sources' files are written in ${after.language}, not ${before.language}`);
  const sources = pairs(byName(before), byName(after));
  for (const [name, was, is] of sources) {
    if (was === undefined || is === undefined) {
      const line =
        is === undefined
          ? `${name}: ${was!.topic} is no longer read`
          : `${name}: ${is.topic} is read, as ${is.format} of ${is.record.name}`;
      lines.push(line);
      restart.push(line);
      for (const [type, rule] of is?.events ?? [])
        lines.push(...eventDiff(undefined, rule).map((said) => `${name}: ${type} ${said}`));
      needsVersion = true;
      continue;
    }
    const reading = readingDiff(name, was, is);
    lines.push(...reading);
    restart.push(...reading);
    needsVersion ||= reading.length > 0;
    if (was.service !== is.service) lines.push(`${name}: the service is ${is.service}, no longer ${was.service}`);
    for (const [type, rule, changed] of pairs(was.events, is.events)) {
      const diff = eventDiff(rule, changed);
      needsVersion ||=
        rule === undefined || changed === undefined || !isDeepStrictEqual(rule.channels, changed.channels);
      lines.push(...diff.map((line) => `${name}: ${type} ${line}`));
    }
  }
  lines.push(...languagesDiff(before, after));
  if (before.layout?.html !== after.layout?.html) lines.push(layoutLine(before, after));
  return { lines, restart, needsVersion };
}

function byName({ sources }: RuleSet): ReadonlyMap<string, SourceRules> {
  return new Map(sources.map((source) => [source.name, source]));
}

/** What is in either, by its key. */
function pairs<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): [string, Value | undefined, Value | undefined][] {
  return [...new Set([...before.keys(), ...after.keys()])].map((key) => [key, before.get(key), after.get(key)]);
}

/** What a source is, and how it is read. */
function readingDiff(name: string, was: SourceRules, is: SourceRules): string[] {
  const lines: string[] = [];
  if (was.topic !== is.topic) lines.push(`${name}: ${is.topic} is read, no longer ${was.topic}`);
  if (was.format !== is.format) lines.push(`${name}: records are ${is.format}, no longer ${was.format}`);
  if (!isDeepStrictEqual(was.record, is.record)) lines.push(`${name}: the schema ${is.record.name} is another`);
  if (!isDeepStrictEqual(was.fields, is.fields))
    lines.push(`${name}: what makes two records the same event is another`);
  if (was.handler !== is.handler)
    lines.push(`${name}: the handler is ${is.handler ?? 'none'}, no longer ${was.handler ?? 'none'}`);
  return lines;
}

function eventDiff(was: EventRule | undefined, is: EventRule | undefined): string[] {
  if (was === undefined) return [`makes a notification: "${is!.message}" to ${is!.channels.join(', ')}`];
  if (is === undefined) return ['makes no notification any more'];
  const lines: string[] = [];
  const added = is.channels.filter((channel) => !was.channels.includes(channel));
  const gone = was.channels.filter((channel) => !is.channels.includes(channel));
  if (added.length > 0) lines.push(`goes to ${added.join(', ')} too`);
  if (gone.length > 0) lines.push(`no longer goes to ${gone.join(', ')}`);
  for (const part of ['title', 'message', ...RULE_PARTS] as const) {
    if (!isDeepStrictEqual(was[part], is[part])) lines.push(`${part}: ${said(was[part])} -> ${said(is[part])}`);
  }
  return lines;
}

function said(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function languagesDiff(before: RuleSet, after: RuleSet): string[] {
  return pairs(before.languages, after.languages).flatMap(([tag, was, is]) => {
    if (was === undefined) return [`texts in ${tag} are new`];
    if (is === undefined) return [`there are no texts in ${tag} any more`];
    // Those of the sources' files have been compared with them.
    if (tag === after.language) return [];
    return pairs(was, is).flatMap(([source, texts, changed]) =>
      pairs(texts ?? new Map<string, never>(), changed ?? new Map<string, never>()).flatMap(([type, pair, other]) =>
        (['title', 'message'] as const)
          .filter((part) => pair && other && pair[part] !== other[part])
          .map((part) => `${source}: ${type} ${part} in ${tag}: ${said(pair![part])} -> ${said(other![part])}`),
      ),
    );
  });
}

function layoutLine(before: RuleSet, after: RuleSet): string {
  if (after.layout === undefined) return `e-mails have the contract's layout, no longer ${before.layout!.path}`;
  return before.layout === undefined
    ? `e-mails have the layout ${after.layout.path}`
    : `the layout of e-mails, ${after.layout.path}, is another`;
}
