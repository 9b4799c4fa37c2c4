/**
 * `npm run matrix [-- 1 4]`: runs a subset of the integration tests with each pair of versions (pairs.ts), all or those
 * of these numbers, on a stack of those versions, and writes what came of it into docs/compatibility.md.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { ConfigError, messageOf } from '../../common/errors.js';
import { projectRoot } from '../../common/project-root.js';
import { PAIRS, testsOf, type Pair } from './pairs.js';
import { withResult, type Result } from './table.js';

const run = promisify(execFile);
const PAGE = join(projectRoot(), 'docs', 'compatibility.md');

async function main(numbers: readonly string[]): Promise<void> {
  const wrong = numbers.filter((number) => PAIRS[Number(number) - 1] === undefined);
  if (wrong.length > 0)
    throw new ConfigError([`"${wrong.join(' ')}": expected numbers of pairs, 1 to ${PAIRS.length}`]);
  const pairs = numbers.length === 0 ? PAIRS : numbers.map((number) => PAIRS[Number(number) - 1]!);
  for (const pair of pairs) {
    const result = await runPair(pair);
    console.log(`${JSON.stringify(pair)}: ${result.passed} passed, ${result.failed} failed`);
    await writePage(withResult(await readFile(PAGE, 'utf8'), result));
    if (result.failed > 0 || result.passed === 0) process.exitCode = 1;
  }
}

async function writePage(page: string): Promise<void> {
  await writeFile(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

async function runPair(pair: Pair): Promise<Result> {
  const node = await fetchNode(pair.node);
  const folder = await mkdtemp(join(projectRoot(), '.stack', 'matrix-'));
  const report = join(folder, 'report.json');
  try {
    await runTests(node, pair, report);
    const { numPassedTests, numFailedTests, numTotalTestSuites } = JSON.parse(await readFile(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numTotalTestSuites: number;
    };
    if (numTotalTestSuites === 0) throw new Error(`no test ran with ${JSON.stringify(pair)}`);
    const day = new Date().toISOString().slice(0, 10);
    return { pair, passed: numPassedTests, failed: numFailedTests, day };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As npm's own package of that version has it. */
async function fetchNode(version: string): Promise<string> {
  const folder = join(projectRoot(), '.stack', 'nodes', version);
  const node = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(node)) return node;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  const wanted = `node-${process.platform}-${process.arch}@${version}`;
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', wanted], { cwd: folder });
  } catch (error) {
    throw new ConfigError([`Node ${version} cannot be had: npm install ${wanted}: ${messageOf(error)}`]);
  }
  return node;
}

/** A failed test is in the report; resolves whatever the tests say. */
function runTests(node: string, pair: Pair, report: string): Promise<void> {
  const files = testsOf(pair).map((name) => `test/integration/${name}.test.ts`);
  const vitest = [join(projectRoot(), 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'integration*'];
  const child = spawn(
    node,
    [...vitest, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...files],
    {
      cwd: projectRoot(),
      stdio: 'inherit',
      env: {
        ...process.env,
        STACK_KAFKA_VERSION: pair.kafka,
        STACK_REGISTRY_VERSION: pair.registry,
        TEST_ROLES: pair.roles,
      },
    },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
