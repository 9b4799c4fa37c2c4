/** Runs the cases beside a rule set: events in, notifications out, and every event type must have a case. */
import { DEFAULT_ACTION_URL_SCHEMES } from '../../processors/action-url.js';
import { loadTemplates } from '../../processors/load-templates.js';
import { closest } from '../../common/closest.js';
import type { RuleCase } from '../../processors/rules/case-shape.js';
import type { RuleSet } from '../../processors/rules/rule-set.js';
import { languagesOf } from '../../processors/rules/served-locales.js';
import { JsonFault } from '../../schemas/json/json-fault.js';
import { completed } from '../../schemas/json/example-event.js';
import { compileJsonReader } from '../../schemas/json/json-reader.js';
import type { Templates } from '../../processors/templates.js';
import { compareCase, type NoteDifference } from './case-differences.js';
import { TopologyDriver, type Driven } from './driver.js';
import { feedJson, feedUsers, jsonValue, keysOf } from './feed-json.js';
import { placesOfEvents, readCases, type CaseFile } from './read-cases.js';

export interface CasesReport {
  /** Cases without a failure. */
  readonly passed: number;
  /** A line each: file and line, case, what was expected, what came. */
  readonly failures: readonly string[];
}

/** What a worker runs with beside the rules. */
export interface CasesOptions {
  /** TEMPLATES_DIR: a folder of templates beside those of the rules. */
  readonly templatesDir?: string | undefined;
  /** ACTION_URL_SCHEMES. */
  readonly actionUrlSchemes?: readonly string[];
}

/** Throws ConfigError where a file of cases is none. `folder`: that of the rules. */
export async function runCases(
  rules: RuleSet,
  folder: string,
  { templatesDir, actionUrlSchemes = DEFAULT_ACTION_URL_SCHEMES }: CasesOptions = {},
): Promise<CasesReport> {
  const files = readCases(rules, folder);
  const templates = loadTemplates([templatesDir, rules.templatesDir]);
  const failures: string[] = [];
  /** Event types that a case of the source shows the notification of. */
  const shown = new Map(rules.sources.map(({ name }) => [name, new Set<string>()]));
  let passed = 0;
  for (const { file, source, cases } of files) {
    for (const [at, rulesCase] of cases.entries()) {
      const before = failures.length;
      const name = rulesCase.name ?? `case ${at + 1}`;
      const fail: NoteDifference = (path, message) => {
        failures.push(`${file.place([at, ...path])}: ${name}: ${message}`);
      };
      const type = await runCase({ rules, source, templates, actionUrlSchemes }, rulesCase, fail);
      if (Array.isArray(rulesCase.expect) && type !== undefined) shown.get(source.name)!.add(type);
      if (failures.length === before) passed += 1;
    }
  }
  return { passed, failures: [...failures, ...untested(rules, folder, shown)] };
}

interface Tested {
  readonly rules: RuleSet;
  readonly source: CaseFile['source'];
  readonly templates: Templates;
  readonly actionUrlSchemes: readonly string[];
}

/** The type of its event; undefined where that cannot be read. */
async function runCase(
  { rules, source, templates, actionUrlSchemes }: Tested,
  { event, users, expect }: RuleCase,
  fail: NoteDifference,
): Promise<string | undefined> {
  // A driver of its own: no case knows the users, or the events, of another.
  const driver = new TopologyDriver({
    ...{ rules, templates, actionUrlSchemes },
    locales: languagesOf(rules),
  });
  const names = source.record.fields.map((field) => field.name);
  for (const name of Object.keys(event).filter((given) => !names.includes(given))) {
    const near = closest(name, names);
    const expected = near.length > 0 ? near : names;
    fail(['event', name], `${source.record.name} has no field ${name}; expected ${expected.join(', ')}`);
  }
  const json = completed(source.record, event, driver.now);
  try {
    const { eventType, tenantId } = keysOf(source, compileJsonReader(source.record)(jsonValue(json)));
    await feedUsers(driver, rules, tenantId, users);
    compare(await feedJson(driver, source, json));
    return eventType;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    // A producer of JSON may send it all the same.
    if (source.format !== 'avro' && 'deadLetter' in expect) {
      compare(await driver.feedValue(source.topic, jsonValue(json)));
      return undefined;
    }
    fail(['event', ...stepsOf(error.pointer)], `the event's ${error.message}`);
    return undefined;
  }

  function compare(driven: Driven): void {
    compareCase(expect, driven, (path, message) => fail(['expect', ...path], message));
  }
}

/** A JSON pointer's. */
function stepsOf(pointer: string): PropertyKey[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function untested({ sources }: RuleSet, folder: string, shown: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return sources.flatMap((source) => {
    const types = [...source.events.keys()].filter((type) => !shown.get(source.name)!.has(type));
    const places = placesOfEvents(folder, source, types);
    return types.map(
      (type, at) =>
        `${places[at]!}: ${type} has no case; expected one in cases/${source.name}.yaml that says what it tells`,
    );
  });
}
