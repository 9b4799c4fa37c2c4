/**
 * The page of third-party packages, from the lock and dev/supply-chain.json. `--check` only says whether it is current.
 * Throws for a licence that is not allowed, a package without integrity, and an install script that nobody has looked at.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  readonly version: string;
  readonly name?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

export interface SupplyChain {
  /** Allowed, of what is installed with the product. */
  readonly licences: readonly string[];
  /** For packages that name theirs in a file alone. */
  readonly licencesByFile: Readonly<Record<string, string>>;
  /** Packages that run a script when they are installed, and what for. */
  readonly installScripts: Readonly<Record<string, string>>;
  readonly 'uWebSockets.js': {
    readonly integrity: string;
    /** SHA-256 by file name. */
    readonly binaries: Readonly<Record<string, string>>;
  };
}

export type Lock = Readonly<Record<string, LockedPackage>>;

const ROOT = new URL('../', import.meta.url);
const PAGE = 'docs/third-party.md';

export function readSupplyChain(): { readonly lock: Lock; readonly known: SupplyChain } {
  const { packages } = readJson('package-lock.json') as { packages: Record<string, LockedPackage> };
  // The first entry is this package itself.
  const lock = Object.fromEntries(Object.entries(packages).filter(([path]) => path !== ''));
  return { lock, known: readJson('dev/supply-chain.json') as SupplyChain };
}

/** What is wrong with the lock, one fault a line. */
export function supplyFaults(lock: Lock, known: SupplyChain): string[] {
  const all = Object.entries(lock).map(([path, entry]) => ({ ...entry, place: path, name: nameOf(path) }));
  const scripted = new Set(all.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name));
  return [
    ...all
      .filter(({ integrity }) => !integrity?.startsWith('sha512-'))
      .map(({ place: path }) => `${path} has no integrity`),
    ...all
      .filter(({ dev, name, license }) => !dev && !known.licences.includes(license ?? fileLicence(name, known)))
      .map(({ name, license }) => `${name} has the licence ${license ?? '(none)'}, which is not allowed`),
    ...[...scripted].filter((name) => !(name in known.installScripts)).map((name) => `${name} has an install script`),
    ...Object.keys(known.installScripts)
      .filter((name) => !scripted.has(name))
      .map((name) => `${name} has no install script any more`),
  ];
}

/** The page, in Markdown. */
export function thirdPartyPage(lock: Lock, known: SupplyChain): string {
  const byLicence = new Map<string, string[]>();
  for (const [path, { dev, license, version }] of Object.entries(lock)) {
    if (dev) continue;
    const licence = license ?? fileLicence(nameOf(path), known);
    byLicence.set(licence, [...(byLicence.get(licence) ?? []), `- ${nameOf(path)} ${version}`]);
  }
  const licences = [...byLicence].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  return [
    '# Third-party packages\n',
    'Made by `npm run licences` from package-lock.json: what is installed with the product, by licence.',
    'Other licences than these are refused by a test; so is a package that the lock does not pin by its SHA-512.\n',
    '## Install scripts\n',
    'These run a script when they are installed; `allowScripts` in package.json says which may.\nA test fails for a new one.\n',
    ...Object.entries(known.installScripts).map(([name, why]) => `- ${name}: ${why}`),
    '\nThis package itself runs none where it is installed: it brings its kafkajs along, mended.\nA clone runs `patch-package`.\n',
    '## The binaries of uWebSockets.js\n',
    'They come ready-made in the package.\n[supply-chain.json](../dev/supply-chain.json) holds the SHA-256 of each; a test',
    'compares it with the file that this platform loads, and with those that an image on Linux would.',
    ...licences.flatMap(([licence, packages]) => [
      `\n## ${licence} (${packages.length})\n`,
      ...[...new Set(packages)].sort(),
    ]),
    '',
  ].join('\n');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function fileLicence(name: string, { licencesByFile }: SupplyChain): string {
  return licencesByFile[name] ?? licencesByFile[`${name.split('/')[0]}/*`] ?? '(none)';
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}

function main(): void {
  const { lock, known } = readSupplyChain();
  const faults = supplyFaults(lock, known);
  const page = thirdPartyPage(lock, known);
  if (process.argv.includes('--check')) {
    if (readFileSync(new URL(PAGE, ROOT), 'utf8') !== page) faults.push(`${PAGE} is not current: npm run licences`);
  } else writeFileSync(new URL(PAGE, ROOT), page);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url.endsWith(process.argv[1].replaceAll('\\', '/'))) main();
