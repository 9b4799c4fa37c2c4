/** The rule set that comes with the project: the ERP's own, as the contract has it. */
import { join } from 'node:path';
import { projectRoot } from '../../common/project-root.js';
import { readRules } from './read-rules.js';
import type { RuleSet } from './rule-set.js';

export const SHIPPED_RULES = join(projectRoot(), 'rules');

/** The rules of RULES_DIR; the shipped ones where it is not set. Throws ConfigError with every fault. */
export function rulesIn(rulesDir: string | undefined): RuleSet {
  return readRules(rulesDir ?? SHIPPED_RULES);
}
