/** docs/recovery.md prints the rules by which a task finds its position: from the rules themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../common/rules.js';
import { DIRECTORY_RULES } from '../../../topology/feeds/directory-fit.js';
import { CHANGELOG_RULES } from '../../../topology/task/changelog-fit.js';
import { POSITION_RULES } from '../../../topology/task/positions.js';

const page = readFileSync(join(import.meta.dirname, '../../../docs/recovery.md'), 'utf8').replace(/ +/g, ' ');
const printed = (rules: readonly Pick<Rule<never, unknown>, 'row'>[]): string =>
  rules.map(({ row }) => `| ${row.join(' | ')} |\n`).join('');

describe('docs/recovery.md', () => {
  it.each([
    ['where a task begins in a source', POSITION_RULES],
    ['whether a store is of its changelog', CHANGELOG_RULES],
    ['whether the user directory is of its topic', DIRECTORY_RULES],
  ])('prints %s, rule by rule', (_, rules) => {
    expect(page).toContain(printed(rules));
  });
});
