/** Reads TEMPLATES_DIR: a folder a code, with title.hbs, message.hbs and, if e-mail has a form of its own, email.hbs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../common/errors.js';
import { compileTemplates, type Templates, type TemplateSource } from './templates.js';

/**
 * The templates of the directories, compiled; none of one that is not given. Files beside the folders, and folders
 * whose names begin with a dot, are left alone. Throws ConfigError with every fault of every template.
 */
export function loadTemplates(directories: readonly (string | undefined)[]): Templates {
  const faults: string[] = [];
  const sources = directories.flatMap((directory) => (directory === undefined ? [] : readTemplates(directory, faults)));
  const codes = new Set<string>();
  for (const { code } of sources) {
    if (codes.has(code))
      faults.push(`the template ${code} is in both ${directories.join(' and ')}; expected it in one`);
    codes.add(code);
  }
  return compileTemplates(sources, faults);
}

function readTemplates(directory: string, faults: string[]): TemplateSource[] {
  const sources: TemplateSource[] = [];
  for (const code of codesIn(directory, faults)) {
    const folder = join(directory, code);
    const title = read(join(folder, 'title.hbs'), faults);
    const message = read(join(folder, 'message.hbs'), faults);
    const email = readIfThere(join(folder, 'email.hbs'), faults);
    if (title !== undefined && message !== undefined) sources.push({ code, title, message, email });
  }
  return sources;
}

function codesIn(directory: string, faults: string[]): string[] {
  try {
    const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
    return names.filter((name) => statSync(join(directory, name)).isDirectory()).sort();
  } catch (error) {
    faults.push(`TEMPLATES_DIR is ${directory}, which cannot be listed: ${messageOf(error)}`);
    return [];
  }
}

function read(path: string, faults: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    faults.push(`the template file ${path} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

function readIfThere(path: string, faults: string[]): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : (read(path, faults) ?? null);
}
