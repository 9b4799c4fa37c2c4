/** What flags of several commands are given as: each is read here, with the fault that says what was expected. */
import { Option } from 'commander';
import { ConfigError } from '../common/errors.js';
import { isPositiveInt64 } from '../common/int64.js';
import { shown } from '../common/shown.js';
import { duration } from '../topology/worker/option-values.js';

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A whole number within bounds. */
export function countFlag(flag: string, given: string, least: number, most: number): number {
  const count = /^\d{1,15}$/.test(given) ? Number(given) : NaN;
  if (count >= least && count <= most) return count;
  throw refused(flag, given, `a whole number from ${least} to ${most}`);
}

/** A number and a unit, such as 10m, in milliseconds. */
export function ageFlag(flag: string, given: string): number {
  const { data } = duration.safeParse(given);
  if (data !== undefined) return data;
  throw refused(flag, given, 'a number and a unit (s, m, h, d), such as 10m');
}

/** A moment, ms since the epoch: a time, or an age, which is so long before now. */
export function timeFlag(flag: string, given: string, now: number): number {
  const { data: age } = duration.safeParse(given);
  if (age !== undefined) return now - age;
  const time = TIME.test(given) ? Date.parse(given) : NaN;
  if (!Number.isNaN(time)) return time;
  throw refused(flag, given, 'a time such as 2026-01-31T00:00:00Z, or an age such as 2h');
}

/** `<partition>:<offset>`. */
export function positionFlag(flag: string, given: string): { readonly partition: number; readonly offset: number } {
  const [, partition, offset] = /^(\d{1,7}):(\d{1,15})$/.exec(given) ?? [];
  if (partition !== undefined) return { partition: Number(partition), offset: Number(offset) };
  throw refused(flag, given, '<partition>:<offset>, such as 3:1207');
}

/** One of a list of words. */
export function wordFlag<Word extends string>(flag: string, given: string, words: readonly Word[]): Word {
  const word = words.find((one) => one === given);
  if (word !== undefined) return word;
  throw refused(flag, given, words.join(', '));
}

/** A flag that takes one of a list of words, which help and completion show. */
export function choice(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, description).choices(words);
  return option.argParser((given: string) => wordFlag(option.long!, given, words));
}

/** An id of a user or a tenant: a positive int64, as text. */
export function idFlag(flag: string, given: string): string {
  if (isPositiveInt64(given)) return given;
  throw refused(flag, given, 'a positive 64-bit integer, such as 42');
}

/** What is read; undefined once its faults are added to the list. */
export function gathered<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}

/** Each value as it is read. Throws ConfigError with every fault. */
export function eachFlag<T>(values: readonly string[], read: (value: string) => T): T[] {
  const faults: string[] = [];
  const found = values.flatMap((value) => gathered(faults, () => read(value)) ?? []);
  if (faults.length > 0) throw new ConfigError(faults);
  return found;
}

/** For a value that a flag does not take. */
export function refused(flag: string, given: string, expected: string): ConfigError {
  return new ConfigError([`${flag} is ${shown(given)}: expected ${expected}`]);
}
