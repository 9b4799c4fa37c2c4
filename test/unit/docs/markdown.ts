/** The documents, line by line, with what kind of line each is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

const pagesIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

/** Pages that say step by step what to do. */
export const GUIDES: readonly string[] = pagesIn('docs/guides');

/** By their paths from the root. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/journal.md',
  ...pagesIn('docs'),
  ...GUIDES,
  ...pagesIn('docs/day-2'),
];

export interface Line {
  readonly text: string;
  readonly kind: 'code' | 'heading' | 'row' | 'text';
}

export const readDocument = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Fences of code are left out. */
export function linesOf(path: string): Line[] {
  let isCode = false;
  return readDocument(path)
    .split('\n')
    .flatMap((text): Line[] => {
      const isFence = text.trimStart().startsWith('```');
      if (isFence) isCode = !isCode;
      if (isFence) return [];
      const kind = isCode ? 'code' : text.startsWith('|') ? 'row' : text.startsWith('#') ? 'heading' : 'text';
      return [{ text, kind }];
    });
}

/** What stands between a heading and the next one of its level or above. */
export function section(path: string, heading: string): string {
  const [marks] = /^#+/.exec(heading)!;
  const [, rest] = readDocument(path).split(`\n${heading}\n`);
  if (rest === undefined) throw new Error(`${path} has no heading "${heading}"`);
  return rest.split(new RegExp(`\n#{1,${marks.length}} `))[0]!;
}

/** Items of lists, each as one line. */
export function itemsOf(text: string): string[] {
  return text
    .split(/\n(?=- )|\n\n/)
    .filter((block) => block.trimStart().startsWith('- '))
    .map((block) => block.trim().replace(/\s+/g, ' '));
}

/** What a link may name behind the #: as GitHub makes it of headings, or an id in the text. */
export function anchorsOf(path: string): Set<string> {
  const headings = linesOf(path).filter(({ kind }) => kind === 'heading');
  const slugs = headings.map(({ text }) =>
    text
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const ids = [...readDocument(path).matchAll(/<a id="([^"]+)">/g)].map((match) => match[1]!);
  return new Set([...slugs, ...ids]);
}
