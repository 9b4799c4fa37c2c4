/** The page of options is printed from them. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { printPage } from '../../../bin/config/options-page.js';

it('prints docs/configuration.md from the options; -u writes it', async () => {
  const page = join(import.meta.dirname, '../../../docs/configuration.md');
  const printed = await format(printPage(), { ...(await resolveConfig(page)), parser: 'markdown' });
  await expect(printed).toMatchFileSnapshot(page);
});
