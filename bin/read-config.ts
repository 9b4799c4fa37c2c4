/** Gathers the options: --set and flags over the environment over the config file. A secret may be given as the path of a file. */
import { readFileSync } from 'node:fs';
import { ConfigError, messageOf } from '../common/errors.js';
import { parseConfig, type Config, type ConfigNeeds, type RawConfig } from '../topology/worker/config.js';
import { OPTION_NAMES, SECRET_NAMES } from '../topology/worker/options.js';

export interface GlobalFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Throws ConfigError with every fault, those of the file and of --set included. */
export function readConfig(flags: GlobalFlags, overrides: RawConfig, needs?: ConfigNeeds): Config {
  const faults: string[] = [];
  const file = flags.config === undefined ? {} : readFile(flags.config, faults);
  const set = readSet(flags.set ?? [], faults);
  try {
    const layers = [file, given(process.env), { ...set, ...overrides }].map((layer) => withSecretFiles(layer, faults));
    const config = parseConfig(Object.assign({}, ...layers) as RawConfig, needs);
    if (faults.length > 0) throw new ConfigError(faults);
    return config;
  } catch (error) {
    if (error instanceof ConfigError && error.faults !== faults) throw new ConfigError([...faults, ...error.faults]);
    throw error;
  }
}

/** An option, or where a secret is. */
function isOption(name: string): boolean {
  return OPTION_NAMES.includes(name) || SECRET_NAMES.includes(name.replace(/_FILE$/, ''));
}

/** What files hold that a layer names by KEY_FILE, as KEY. Neither that path nor the secret is shown: one may stand for the other. */
function withSecretFiles(layer: RawConfig, faults: string[]): RawConfig {
  const secrets = SECRET_NAMES.flatMap((name) => {
    const path = layer[`${name}_FILE`] ?? '';
    if (path === '') return [];
    if ((layer[name] ?? '') !== '') {
      faults.push(`${name} and ${name}_FILE are both set: expected one of them`);
      return [];
    }
    return [[name, readSecret(`${name}_FILE`, path, faults)] as const];
  });
  return { ...layer, ...Object.fromEntries(secrets) };
}

/** As long as any secret must be: one that cannot be read is a fault by itself, and makes no other. */
const UNREAD = '(unread)'.padEnd(32);

/** Without the line break at its end, which editors put there. */
function readSecret(name: string, path: string, faults: string[]): string {
  try {
    const secret = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (secret !== '') return secret;
    faults.push(`${name} is (not shown): the file is empty`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${name} is (not shown): the file cannot be read${code === undefined ? '' : ` (${code})`}`);
  }
  return UNREAD;
}

/** A variable that is set to nothing, as compose files make them, leaves the file's value alone. */
function given(environment: RawConfig): RawConfig {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

function readSet(settings: readonly string[], faults: string[]): RawConfig {
  const set: Record<string, string> = {};
  for (const setting of settings) {
    const at = setting.indexOf('=');
    const name = setting.slice(0, at);
    if (at < 1 || !isOption(name))
      faults.push(`--set ${nameIn(setting)}: expected NAME=value with the name of an option`);
    else set[name] = setting.slice(at + 1);
  }
  return set;
}

/** What stands where the name should, if it looks like one: anything else may be a secret. */
function nameIn(setting: string): string {
  return /^([A-Z][A-Z0-9]*_[A-Z0-9_]*)(?:=|$)/.exec(setting)?.[1] ?? '(not shown)';
}

function readFile(path: string, faults: string[]): RawConfig {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      throw new TypeError('expected an object of options');
    const options: Record<string, string> = {};
    for (const [name, value] of Object.entries(parsed)) {
      if (!isOption(name)) faults.push(`${nameIn(name)} in ${path}: there is no such option`);
      else if (isPlain(value)) options[name] = String(value);
      else if (Array.isArray(value) && value.every(isPlain)) options[name] = value.join(',');
      else faults.push(`${name} in ${path}: expected text, a number, true or false, or a list of texts`);
    }
    return options;
  } catch (error) {
    // What a parser says quotes what it read.
    const why = error instanceof SyntaxError ? `it is no JSON${placeIn(error)}` : messageOf(error);
    faults.push(`the config file ${path} cannot be read: ${why}`);
    return {};
  }
}

function placeIn({ message }: SyntaxError): string {
  const [where = ''] = / at position \d+(?: \(line \d+ column \d+\))?$/.exec(message) ?? [];
  return where;
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
