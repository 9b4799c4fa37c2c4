/** Where the project is, also when it is installed as a package. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json: one level up from the source of this file, two from its compiled form. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No package.json above ${import.meta.dirname}.`);
    folder = parent;
  }
  return folder;
}

let version: string | undefined;

/** The version in package.json, which is read once. */
export function projectVersion(): string {
  return (version ??= readVersion());
}

function readVersion(): string {
  const read = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string };
  return read.version;
}
