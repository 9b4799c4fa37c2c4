/** Reads the cases beside a rule set: cases/SOURCE.yaml. */
import { ConfigError } from '../../common/errors.js';
import { casesShape, type RuleCase } from '../../processors/rules/case-shape.js';
import type { RuleSet, SourceRules } from '../../processors/rules/rule-set.js';
import { RulesFolder } from '../../processors/rules/rules-folder.js';
import type { YamlFile } from '../../processors/rules/yaml-file.js';

const YAML = '.yaml';

/** One source's cases. */
export interface CaseFile {
  readonly file: YamlFile;
  readonly source: SourceRules;
  readonly cases: readonly RuleCase[];
}

/** Those of each source that has some. Throws ConfigError with every fault of every file. */
export function readCases({ sources }: RuleSet, folder: string): readonly CaseFile[] {
  const files = new RulesFolder(folder);
  const read = files.names('cases', YAML).flatMap((name) => {
    const file = files.yaml(`cases/${name}${YAML}`);
    const source = sources.find((one) => one.name === name);
    if (file === undefined) return [];
    if (source === undefined) {
      file.fault([], `no source is called ${name}; expected one of ${sources.map((one) => one.name).join(', ')}`);
      return [];
    }
    const cases = file.read(casesShape);
    return cases === undefined ? [] : [{ file, source, cases }];
  });
  if (files.faults.length > 0) throw new ConfigError(files.faults);
  return read;
}

/** File and line of each event type's rule. */
export function placesOfEvents(folder: string, source: SourceRules, types: readonly string[]): readonly string[] {
  const name = `sources/${source.name}${YAML}`;
  const file = types.length === 0 ? undefined : new RulesFolder(folder).yaml(name);
  return types.map((type) => file?.place(['events', type]) ?? name);
}
