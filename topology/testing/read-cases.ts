/** Reads the cases beside a rule set: cases/SOURCE.yaml. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../common/errors.js';
import { casesShape, type RuleCase } from '../../processors/rules/case-shape.js';
import type { RuleSet, SourceRules } from '../../processors/rules/rule-set.js';
import { YamlFile } from '../../processors/rules/yaml-file.js';

const YAML = '.yaml';

/** One source's cases. */
export interface CaseFile {
  readonly file: YamlFile;
  readonly source: SourceRules;
  readonly cases: readonly RuleCase[];
}

/** Those of each source that has some. Throws ConfigError with every fault of every file. */
export function readCases({ sources }: RuleSet, folder: string): readonly CaseFile[] {
  const faults: string[] = [];
  const files = namesIn(join(folder, 'cases')).flatMap((name) => {
    const file = yamlFile(folder, `cases/${name}${YAML}`, faults);
    const source = sources.find((one) => one.name === name);
    if (source === undefined) {
      file.fault([], `no source is called ${name}; expected one of ${sources.map((one) => one.name).join(', ')}`);
      return [];
    }
    const cases = file.read(casesShape);
    return cases === undefined ? [] : [{ file, source, cases }];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return files;
}

/** File and line of an event type's rule. */
export function placeOfEvent(folder: string, source: SourceRules, type: string): string {
  return yamlFile(folder, `sources/${source.name}${YAML}`, []).place(['events', type]);
}

function yamlFile(folder: string, name: string, faults: string[]): YamlFile {
  return new YamlFile(name, readFileSync(join(folder, name), 'utf8'), faults);
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(YAML) && !name.startsWith('.'))
    .map((name) => name.slice(0, -YAML.length))
    .sort();
}
