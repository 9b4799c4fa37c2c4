/**
 * Makes the HTML of the e-mail layouts in rules/layouts from the MJML beside it. With --check it only says whether
 * each is up to date (exit code 1 when not).
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileLayout } from '../../processors/email-layout.js';
import { projectRoot } from '../../common/project-root.js';
import { compileMjml } from './compile-mjml.js';

const FOLDER = join('rules', 'layouts');

async function main(check: boolean): Promise<void> {
  process.chdir(projectRoot());
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.mjml'))) {
    const target = join(FOLDER, name.replace(/mjml$/, 'html'));
    const wanted = await compileMjml(readFileSync(join(FOLDER, name), 'utf8'), name);
    compileLayout(wanted, target);
    if (existsSync(target) && readFileSync(target, 'utf8') === wanted) continue;
    if (check) {
      console.error(`${target} is not what ${name} makes: run \`npm run layouts:generate\` and commit the result.`);
      process.exitCode = 1;
    } else {
      writeFileSync(target, wanted);
      console.log(`wrote ${target}`);
    }
  }
}

await main(process.argv.includes('--check'));
