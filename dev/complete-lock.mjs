/**
 * Adds to package-lock.json the optional binaries of other platforms that npm left out: a registry mirror that does not
 * carry them makes `npm install` drop them, and `npm ci` then calls the lock out of sync (npm/cli issue 4828). Each
 * gets its integrity from the registry, so that no platform installs what nobody has pinned.
 * Run it after every change of a dependency: node dev/complete-lock.mjs
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const OS = /(darwin|win32|linux|android|freebsd|openharmony)/;
const CPU = /(arm64|x64|ia32|ppc64|riscv64|s390x|arm)/;

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const { packages } = lock;
let added = 0;
for (const [place, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    if (packages[path] || packages[`${place}/${path}`]) continue;
    const [os, cpu] = [OS, CPU].map((pattern) => pattern.exec(name.split('/').at(-1))?.[1]);
    packages[path] = {
      version: range.replace(/^[\^~]/, ''),
      optional: true,
      ...(dev ? { dev: true } : {}),
      ...(cpu ? { cpu: [cpu] } : {}),
      ...(os ? { os: [os] } : {}),
    };
    added += 1;
  }
}
let pinned = 0;
for (const [place, entry] of Object.entries(packages)) {
  if (place === '' || entry.integrity) continue;
  const name = `${entry.name ?? place.split('node_modules/').at(-1)}@${entry.version}`;
  const integrity = execFileSync('npm', ['view', name, 'dist.integrity'], { encoding: 'utf8' }).trim();
  if (!/^sha512-/.test(integrity)) throw new Error(`the registry has no integrity of ${name}: "${integrity}"`);
  entry.integrity = integrity;
  pinned += 1;
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`added ${added} optional binaries, pinned ${pinned}\n`);
