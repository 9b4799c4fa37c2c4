/** Every option with its value as it may be shown, and where that is from. */
import { masked, maskedAddress } from '../../common/shown.js';
import { CONTRACT_TOPICS } from '../../common/topic-names.js';
import { OPTION_GROUPS, type OptionDefinition } from '../../topology/worker/option-definition.js';
import { OPTIONS } from '../../topology/worker/options.js';
import { styled } from '../print.js';
import type { GivenOptions, Layer, Origin } from '../read-config.js';

export interface Setting {
  readonly name: string;
  /** A group of options, or the contract's topics. */
  readonly group: keyof typeof OPTION_GROUPS | 'topics';
  /** Null when nothing sets it, and of what may be in a file: secrets, certificates. */
  readonly value: string | null;
  readonly from: Layer | 'default' | 'unset';
  /** The name that set it, where that is another: KAFKA_SASL_PASSWORD_FILE. */
  readonly by?: string;
  readonly secret?: true;
}

const TITLES: Readonly<Record<Setting['group'], string>> = { ...OPTION_GROUPS, topics: "The contract's topics" };
const ORIGINS: Readonly<Record<Setting['from'], string>> = {
  flag: 'a flag',
  set: '--set',
  environment: 'environment',
  file: 'config file',
  default: 'default',
  unset: 'not set',
};
/** Longer values are cut for a person. */
const MOST_SHOWN = 60;

/** In the order of the page. */
export function settingsOf({ raw, origins }: GivenOptions): readonly Setting[] {
  const options = Object.entries<OptionDefinition>(OPTIONS).map(([name, option]) =>
    settingOf(name, option, raw[name], origins.get(name)),
  );
  const topics = CONTRACT_TOPICS.map((topic) =>
    settingOf(topic, { group: 'topics', default: topic }, raw[topic], origins.get(topic)),
  );
  return [...options, ...topics];
}

type Shape = Pick<OptionDefinition, 'default' | 'secret' | 'file' | 'address'> & { readonly group: Setting['group'] };

function settingOf(name: string, option: Shape, given = '', origin?: Origin): Setting {
  const { group, secret, file, address, default: byDefault } = option;
  const base = { name, group, ...(secret && { secret }) };
  // An option that is set to nothing counts as not set.
  if (given === '' || origin === undefined)
    return { ...base, value: byDefault ?? null, from: byDefault === undefined ? 'unset' : 'default' };
  const { from, by } = origin;
  const value = secret || file ? null : address ? maskedAddress(given) : masked(given);
  return { ...base, value, from, ...(by !== name && { by }) };
}

/** By groups, for a person. */
export function settingLines(settings: readonly Setting[]): string[] {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return Object.entries(TITLES).flatMap(([group, title], index) => [
    ...(index === 0 ? [] : ['']),
    styled('bold', title),
    ...settings.filter((one) => one.group === group).map((one) => lineOf(one, width)),
  ]);
}

function lineOf(setting: Setting, width: number): string {
  const { name, from, by } = setting;
  const value = shownValue(setting);
  const origin = by === undefined ? ORIGINS[from] : `${ORIGINS[from]}, ${by}`;
  const line = `  ${name.padEnd(width)}  ${value}${value === '' ? '' : '  '}(${origin})`;
  return from === 'default' || from === 'unset' ? styled('dim', line) : line;
}

function shownValue({ value, from }: Setting): string {
  if (value === null) return from === 'unset' ? '' : '(not shown)';
  const cut = value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value;
  // What would break the line is quoted.
  return /^[\x21-\x7e\u00a1-\uffff]+( [\x21-\x7e]+)*$/.test(cut) ? cut : JSON.stringify(cut);
}
