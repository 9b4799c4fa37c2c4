/** Parts of a document that are printed from what they are about: between `<!-- printed: NAME -->` and `<!-- end -->`. */
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { expect } from 'vitest';
import { readDocument, root } from './markdown.js';

/** Holds each part to what is printed, by its name; `-u` writes it. */
export async function expectPrinted(path: string, parts: Readonly<Record<string, string>>): Promise<void> {
  const file = join(root, path);
  const left = new Set(Object.keys(parts));
  const page = readDocument(path).replace(
    /(<!-- printed: (\S+) -->\n)[^]*?(?=<!-- end -->)/g,
    (_, head: string, name: string) => {
      if (!left.delete(name)) throw new Error(`${path} has a part ${name} that nobody prints, or twice`);
      return `${head}\n${parts[name]!}\n\n`;
    },
  );
  if (left.size > 0) throw new Error(`${path} has no part ${[...left].join(', ')}`);
  await expect(await format(page, { ...(await resolveConfig(file)), parser: 'markdown' })).toMatchFileSnapshot(file);
}
