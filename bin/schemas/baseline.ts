/** The schemas of an earlier release: a folder of .avsc files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, messageOf } from '../../common/errors.js';

export interface BaselineSchema {
  readonly path: string;
  readonly text: string;
}

/** By the record's full name. Throws ConfigError with every file that cannot be read. */
export function readBaseline(folder: string): ReadonlyMap<string, BaselineSchema> {
  const faults: string[] = [];
  const schemas = new Map<string, BaselineSchema>();
  for (const name of filesIn(folder)) {
    const path = join(folder, name);
    try {
      const text = readFileSync(path, 'utf8');
      const { name: record, namespace } = JSON.parse(text) as { name?: unknown; namespace?: unknown };
      if (typeof record !== 'string') throw new TypeError('expected a record with a name');
      schemas.set(typeof namespace === 'string' ? `${namespace}.${record}` : record, { path, text });
    } catch (error) {
      faults.push(`--baseline ${path} cannot be read: ${messageOf(error)}`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return schemas;
}

function filesIn(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.avsc'));
  } catch (error) {
    throw new ConfigError([`--baseline ${folder} cannot be read: ${messageOf(error)}`]);
  }
  if (names.length > 0) return names;
  throw new ConfigError([
    `--baseline ${folder}: expected a folder of .avsc files, such as schemas of an earlier release`,
  ]);
}
