/** The newest results stand on their page as they were measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { drawChart, printClaims, printResults } from './claims.js';

const docs = join(import.meta.dirname, '../../../docs');
const page = join(docs, 'performance.md');

/** The page, with this between two marks of it. */
function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = text.split(begin);
  return `${before!}${begin}\n\n${content}\n\n${end}${rest!.split(end)[1]!}`;
}

it('prints the claims and the results of docs/performance.md from bench/results; -u writes them', async () => {
  const printed = between(between(readFileSync(page, 'utf8'), 'claims', printClaims()), 'results', printResults());
  const options = { ...(await resolveConfig(page)), parser: 'markdown' };
  await expect(await format(printed, options)).toMatchFileSnapshot(page);
});

it('draws its chart from them', async () => {
  await expect(drawChart()).toMatchFileSnapshot(join(docs, 'performance.svg'));
});
