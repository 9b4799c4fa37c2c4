/** What we install: pinned, of a licence that is allowed, and running no script that nobody has looked at. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { readSupplyChain, supplyFaults, thirdPartyPage, type Lock } from '../../../dev/third-party.js';

const { lock, known } = readSupplyChain();
const root = resolve(import.meta.dirname, '../../..');
const some = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' };
const faultsOf = (more: Lock): string[] => supplyFaults({ ...lock, ...more }, known);

describe('the lock', () => {
  it('pins every package by its integrity, allows every licence and names every install script', () => {
    expect(faultsOf({})).toEqual([]);
  });

  it('is refused with a package that is not pinned', () => {
    expect(faultsOf({ 'node_modules/a': { version: '1.0.0', license: 'MIT' } })).toEqual([
      'node_modules/a has no integrity',
    ]);
  });

  it('is refused with a licence that is not allowed, or none; a tool of the developers may have any', () => {
    expect(faultsOf({ 'node_modules/a': { ...some, license: 'AGPL-3.0' } })).toHaveLength(1);
    expect(faultsOf({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } })).toHaveLength(1);
    expect(faultsOf({ 'node_modules/a': { ...some, license: 'AGPL-3.0', dev: true } })).toEqual([]);
  });

  it('is refused with a new install script', () => {
    expect(faultsOf({ 'node_modules/b/node_modules/a': { ...some, hasInstallScript: true } })).toEqual([
      'a has an install script',
    ]);
  });

  it('lets the named packages run their scripts, and no other', () => {
    const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { allowScripts: object };
    expect(Object.keys(allowScripts).sort()).toEqual(Object.keys(known.installScripts).sort());
  });

  it('is what the page of third-party packages was made from', () => {
    expect(readFileSync(join(root, 'docs/third-party.md'), 'utf8')).toBe(thirdPartyPage(lock, known));
  });
});

describe('uWebSockets.js', () => {
  const { integrity, binaries } = known['uWebSockets.js'];
  const folder = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
  const present = readdirSync(folder).filter((file) => file.endsWith('.node'));

  it('is the package that was looked at', () => {
    expect(lock['node_modules/uWebSockets.js']?.integrity).toBe(integrity);
    // An image may keep one binary, but none that is not known.
    expect(present.filter((file) => !(file in binaries))).toEqual([]);
  });

  const loaded = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  const shipped = ['115', '127', '137'].flatMap((abi) =>
    ['x64', 'arm64'].map((arch) => `uws_linux_${arch}_${abi}.node`),
  );
  it.each([...new Set([loaded, ...shipped])])('has the binary that was looked at: %s', (file) => {
    if (file !== loaded && !existsSync(join(folder, file))) return;
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ).toBe(binaries[file]);
  });
});
