/** docs/trying-rules.md: its cases pass, and its test of one's own runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { SHIPPED_RULES } from '../../../processors/rules/shipped.js';
import { runCommand } from '../bin/run-command.js';
import { rulesWith, shippedText } from '../processors/rules/rules-folder.js';
import { blocksOf } from './guide.js';
import { root } from './markdown.js';

afterEach(() => vi.restoreAllMocks());

function block(language: string): string {
  const found = blocksOf('docs/trying-rules.md').find((one) => one.language === language);
  if (found === undefined) throw new Error(`docs/trying-rules.md has no block of ${language}`);
  return found.text;
}

it('has cases that pass', async () => {
  const shipped = shippedText('cases/tasks.yaml');
  const folder = rulesWith({ 'cases/tasks.yaml': `${shipped}\n${block('yaml')}` });
  const { lines } = await runCommand('rules', 'test', folder);
  expect(lines).toEqual([expect.stringMatching(/^\d+ passed, 0 failures$/)]);
});

it('has a test of one’s own that runs', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const script = join(rulesWith({}), 'own.mjs');
  const code = block('js')
    .replace("'notification-streams/testing'", JSON.stringify(join(root, 'topology', 'testing', 'index.ts')))
    .replace("'rules'", JSON.stringify(SHIPPED_RULES));
  writeFileSync(script, code);
  await import(script);
  expect(log).toHaveBeenCalledWith('forwarded', "Task 'Fix the login' marked as complete");
});
