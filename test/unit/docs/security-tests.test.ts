/** The page of hostile tries is printed from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';

import type { Figures } from '../../hostile/figures.js';
import { printPage } from '../../hostile/page.js';
import { ALL_GROUPS } from '../../hostile/tries/index.js';

const root = join(import.meta.dirname, '../../..');
const page = join(root, 'docs/security-tests.md');
const figures = JSON.parse(readFileSync(join(root, 'test/hostile/figures.json'), 'utf8')) as Figures[];

it('prints docs/security-tests.md from the tries; -u writes it', async () => {
  const options = await resolveConfig(page);
  const printed = await format(printPage(ALL_GROUPS, figures), { ...options, parser: 'markdown' });
  await expect(printed).toMatchFileSnapshot(page);
});

it('names no try twice', () => {
  const names = ALL_GROUPS.flatMap(({ title, tries }) => tries.map(({ name }) => `${title}: ${name}`));
  expect(names).toEqual([...new Set(names)]);
});
