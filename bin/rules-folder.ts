/** The rules that a command without a broker is about, and how they are compiled: by the options of a worker. */
import { ConfigError } from '../common/errors.js';
import { createActionUrlRule } from '../processors/action-url.js';
import { loadTemplates } from '../processors/load-templates.js';
import { createMappers } from '../processors/map/mappers.js';
import { readRules } from '../processors/rules/read-rules.js';
import { SHIPPED_RULES } from '../processors/rules/shipped.js';
import type { RuleSet } from '../processors/rules/rule-set.js';
import type { Config } from '../topology/worker/config.js';
import { gathered } from './flags.js';
import { readConfig, type GlobalFlags } from './read-config.js';

/** As `readConfig`, for a command that asks no broker: none need be set. */
export function readOffline(flags: GlobalFlags, folder?: string): Config {
  return readConfig(flags, { KAFKA_BROKERS: 'unused:9092', ...(folder !== undefined && { RULES_DIR: folder }) });
}

export function folderOf({ rulesDir }: Config): string {
  return rulesDir ?? SHIPPED_RULES;
}

/** Reads and compiles what a worker would. Throws ConfigError with every fault. */
export function checkedRules(config: Config): RuleSet {
  const rules = readRules(folderOf(config));
  const { locales, actionUrlSchemes, templatesDir } = config;
  const faults: string[] = [];
  const templates = gathered(faults, () => loadTemplates([templatesDir, rules.templatesDir])) ?? loadTemplates([]);
  gathered(faults, () =>
    createMappers(rules, { templates, locales, actionUrl: createActionUrlRule(actionUrlSchemes) }),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return rules;
}
