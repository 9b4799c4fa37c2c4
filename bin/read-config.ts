/** Gathers the options: --set and flags over the environment over the config file. A secret or a certificate may be given as the path of a file. */
import { readFileSync } from 'node:fs';
import { ConfigError, messageOf } from '../common/errors.js';
import { parseConfig, type Config, type ConfigNeeds, type RawConfig } from '../topology/worker/config.js';
import { withoutLineBreak } from '../common/live-text.js';
import { maskedAddress } from '../common/shown.js';
import type { OptionDefinition } from '../topology/worker/option-definition.js';
import { UNREAD } from '../topology/worker/option-values.js';
import {
  ADDRESS_NAMES,
  FILE_NAMES,
  OPTION_NAMES,
  OPTIONS,
  SECRET_NAMES,
  type OptionName,
} from '../topology/worker/options.js';

export interface GlobalFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Reads the options of a command that needs these. */
export type ReadConfig = (needs?: ConfigNeeds) => Config;

/** Where a value is from: a flag of the command, --set, the environment, the config file. */
export type Layer = 'flag' | 'set' | 'environment' | 'file';

export interface Origin {
  readonly from: Layer;
  /** The name by which it was set: the option's own, or with _FILE that of a file that holds it. */
  readonly by: string;
}

export interface GivenOptions {
  readonly raw: RawConfig;
  /** By the option's name. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** What cannot be read at all. */
  readonly faults: readonly string[];
}

/** Throws ConfigError with every fault, those of the file and of --set included. */
export function readConfig(flags: GlobalFlags, overrides: RawConfig, needs?: ConfigNeeds): Config {
  return parseGiven(givenOptions(flags, overrides), needs);
}

/** What is set, and where; of two layers that set an option the upper one's. */
export function givenOptions(flags: GlobalFlags, overrides: RawConfig): GivenOptions {
  const faults: string[] = [];
  const given: Readonly<Record<Layer, RawConfig>> = {
    file: flags.config === undefined ? {} : readFile(flags.config, faults),
    environment: withoutEmpty(process.env),
    set: readSet(flags.set ?? [], faults),
    flag: overrides,
  };
  const raw: Record<string, string | undefined> = {};
  const origins = new Map<string, Origin>();
  for (const from of ['file', 'environment', 'set', 'flag'] as const) {
    const layer = withFiles(given[from], faults);
    Object.assign(raw, layer);
    for (const name of OPTION_NAMES) {
      if (layer[name] === undefined) continue;
      origins.set(name, { from, by: (given[from][name] ?? '') === '' && layer[name] !== '' ? `${name}_FILE` : name });
    }
  }
  return { raw, origins, faults };
}

/** As `readConfig`, from what was gathered. */
export function parseGiven({ raw, faults }: GivenOptions, needs?: ConfigNeeds): Config {
  let config: Config;
  try {
    config = parseConfig(raw, needs, withoutSecrets(process.env));
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError([...faults, ...error.faults]);
    throw error;
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** An option, or where the file is that holds it. */
function isOption(name: string): boolean {
  return OPTION_NAMES.includes(name) || FILE_NAMES.includes(name.replace(/_FILE$/, ''));
}

/**
 * What files hold that a layer names by KEY_FILE, as KEY beside it; what it gives as KEY takes the place of a lower layer's
 * file. Neither a path nor a secret is shown: one may stand for the other.
 */
function withFiles(layer: RawConfig, faults: string[]): RawConfig {
  const read = FILE_NAMES.flatMap((name): (readonly [string, string | undefined])[] => {
    const path = layer[`${name}_FILE`] ?? '';
    const isGiven = (layer[name] ?? '') !== '';
    if (path === '') return isGiven ? [[`${name}_FILE`, undefined]] : [];
    if (!isGiven) return [[name, readText(name as OptionName, path, faults)]];
    faults.push(`${name} and ${name}_FILE are both set: expected one of them`);
    return [];
  });
  return { ...layer, ...Object.fromEntries(read) };
}

/** Without the line break at its end; UNREAD, and a fault, when it cannot be had. */
function readText(name: OptionName, path: string, faults: string[]): string | undefined {
  const { emptyFile }: OptionDefinition = OPTIONS[name];
  try {
    const text = withoutLineBreak(readFileSync(path, 'utf8'));
    if (text !== '' || emptyFile) return text;
    faults.push(`${name}_FILE is (not shown): the file is empty`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${name}_FILE is (not shown): the file cannot be read${code === undefined ? '' : ` (${code})`}`);
  }
  return UNREAD;
}

/** What programs are given that we start. */
function withoutSecrets(environment: RawConfig): RawConfig {
  const holdsNone = ([name, value = '']: [string, string | undefined]): boolean =>
    !SECRET_NAMES.includes(name) && !(ADDRESS_NAMES.includes(name) && maskedAddress(value) !== value);
  return Object.fromEntries(Object.entries(environment).filter(holdsNone));
}

/** A variable that is set to nothing, as compose files make them, leaves the file's value alone. */
function withoutEmpty(environment: RawConfig): RawConfig {
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
