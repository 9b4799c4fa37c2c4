/** The folder of a rule set: its files as they are read, and what they are told apart by. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../common/errors.js';
import { YamlFile } from './yaml-file.js';

/** What cannot be read is a fault. */
export class RulesFolder {
  readonly faults: string[] = [];
  readonly #folder: string;
  readonly #read = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  yaml(name: string): YamlFile | undefined {
    const text = this.text(name, 'the rules');
    return text === undefined ? undefined : new YamlFile(name, text, this.faults);
  }

  text(name: string, wantedBy: string): string | undefined {
    try {
      const text = readFileSync(join(this.#folder, name), 'utf8');
      this.#read.set(name, text);
      return text;
    } catch (error) {
      this.faults.push(`${wantedBy}: ${join(this.#folder, name)} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Names of the files with that ending, without it; none where there is no such folder. */
  names(folder: string, ending: string): string[] {
    return this.#list(folder)
      .filter((name) => name.endsWith(ending) && !name.startsWith('.'))
      .map((name) => name.slice(0, -ending.length))
      .sort();
  }

  /** Reads every file under a folder, for the digest; false where there is none. */
  readAll(folder: string): boolean {
    const names = this.#list(folder, { recursive: true }).sort();
    for (const name of names) {
      const path = join(folder, name);
      const stat = statSync(join(this.#folder, path), { throwIfNoEntry: false });
      if (stat?.isDirectory() !== true) this.text(path, folder);
    }
    return names.length > 0;
  }

  #list(folder: string, options: { readonly recursive?: boolean } = {}): string[] {
    try {
      return readdirSync(join(this.#folder, folder), { encoding: 'utf8', ...options });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.faults.push(`${join(this.#folder, folder)} cannot be listed: ${messageOf(error)}`);
      }
      return [];
    }
  }

  /** SHA-256 of what was read, names and texts, in hexadecimal. */
  digest(): string {
    const hash = createHash('sha256');
    for (const [name, text] of [...this.#read].sort(([one], [other]) => (one < other ? -1 : 1))) {
      hash.update(`${name}\0${text.length}\0${text}`);
    }
    return hash.digest('hex');
  }
}
