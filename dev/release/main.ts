/**
 * `npm run release [-- --out FOLDER]`: everything of a release but its publication, into FOLDER (release/<version>):
 * the package, its software bill of materials (CycloneDX), its licences, its notes, and the checksums of them all.
 * Publishes nothing, and says the commands that do.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ConfigError, messageOf } from '../../common/errors.js';
import { projectRoot, projectVersion } from '../../common/project-root.js';
import { readSupplyChain, supplyFaults } from '../third-party.js';
import { changelogFaults, changelogSections } from './changelog.js';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { out: { type: 'string' } } });
  const version = projectVersion();
  const changelog = await readFile(fromRoot('CHANGELOG.md'), 'utf8');
  const { lock, known } = readSupplyChain();
  const faults = [...changelogFaults(changelog), ...supplyFaults(lock, known), ...(await treeFaults())];
  const section = changelogSections(changelog).find((one) => one.version === version);
  if (section === undefined) faults.push(`CHANGELOG.md has no section of ${version}, the version of package.json`);
  if (section === undefined || faults.length > 0) throw new ConfigError(faults);

  const folder = values.out ?? fromRoot('release', version);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const names = [
    await pack(folder),
    await writeBill(folder, version),
    await write(folder, 'NOTES.md', `${section.text}\n`),
    await copy(folder, 'docs/third-party.md', 'THIRD-PARTY.md'),
    await copy(folder, 'LICENSE', 'LICENSE'),
  ];
  const sums = await Promise.all(names.map(async (name) => `${await sha256(join(folder, name))}  ${name}`));
  await write(folder, 'SHA256SUMS', `${sums.join('\n')}\n`);
  console.log([...sums, '', ...wayOn(folder, version, names[0]!, section.date)].join('\n'));
}

function wayOn(folder: string, version: string, tarball: string, date: string | undefined): string[] {
  const today = new Date().toISOString().slice(0, 10);
  const first = date === undefined ? [`# first: "## ${version} (${today})" in CHANGELOG.md, and a commit`] : [];
  return [
    `In ${folder}; nothing was published. To publish it:`,
    ...first,
    `git tag -s v${version} -m 'notification-streams ${version}' && git push origin v${version}`,
    `npm publish ${join(folder, tarball)}`,
  ];
}

/** What is packed is what is committed. */
async function treeFaults(): Promise<string[]> {
  const { stdout } = await run('git', ['status', '--porcelain'], { cwd: projectRoot() });
  const changed = stdout.split('\n').filter((line) => line !== '');
  return changed.length === 0 ? [] : [`not committed: ${changed.map((line) => line.slice(3)).join(', ')}`];
}

/** What was built is packed; `npm run release` builds it first. */
async function pack(folder: string): Promise<string> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', args, { cwd: projectRoot(), maxBuffer: MAX_OUTPUT_BYTES });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return filename;
}

/** By the lock, whatever is installed here: also what other platforms get. */
async function writeBill(folder: string, version: string): Promise<string> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const { stdout } = await run('npm', args, { cwd: projectRoot(), maxBuffer: MAX_OUTPUT_BYTES });
  return write(folder, `notification-streams-${version}.cdx.json`, stdout);
}

async function write(folder: string, name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

async function copy(folder: string, from: string, name: string): Promise<string> {
  await copyFile(fromRoot(from), join(folder, name));
  return name;
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

function fromRoot(...path: string[]): string {
  return join(projectRoot(), ...path);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const said = error instanceof ConfigError ? error.faults.join('\n') : messageOf(error);
  console.error(said);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
