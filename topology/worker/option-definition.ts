/** What an option says of itself. */
import type { z } from 'zod';

/** In the order in which they are shown, by the titles that they are shown under. */
export const OPTION_GROUPS = {
  need: 'What a first start needs',
  connect: 'Who the worker is, what it connects to, where it listens',
  tune: 'What has a default that will do',
} as const;

export interface OptionDefinition {
  /** The member of Config that holds its value; it ends in the unit of that, where there is one. */
  readonly key: string;
  readonly group: keyof typeof OPTION_GROUPS;
  /** From the text that is given to the value. */
  readonly schema: z.ZodType<unknown, string>;
  /** What the value counts, if that is not said by the name. */
  readonly unit?: 'ms' | 'bytes' | 'records';
  /** As somebody would set it. */
  readonly default?: string;
  /** What follows from not setting it, where there is no default. */
  readonly unset?: string;
  /** It must be set: what is said when it is not. */
  readonly required?: string;
  /** Never shown, not even when it is wrong; may be given as the path of a file, by its name and `_FILE`. */
  readonly secret?: true;
  /** No secret, but may be given as the path of a file as well. */
  readonly file?: true;
  /** Its file may hold nothing: then it is not set. */
  readonly emptyFile?: true;
  /** Shown without the credentials that it may hold, or that somebody thinks it may. */
  readonly address?: true;
  /** One line, for `--help` and the page. */
  readonly help: string;
  /** Further sentences for docs/configuration.md, in Markdown. */
  readonly more?: readonly string[];
}

/** What an option gives: undefined where it may be left out. */
type ValueOf<Option extends OptionDefinition> = Option extends { default: string } | { required: string }
  ? z.output<Option['schema']>
  : z.output<Option['schema']> | undefined;

/** What the options of a table give, by their keys. */
export type ValuesOf<Table extends Readonly<Record<string, OptionDefinition>>> = {
  readonly [Name in keyof Table as Table[Name]['key']]: ValueOf<Table[Name]>;
};
