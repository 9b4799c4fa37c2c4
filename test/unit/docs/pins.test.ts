/** Who uses private parts of a library says so in the first line, and such a library is pinned exactly. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './markdown.js';

const SAYS = /^\/\/ Uses private parts of (\S+) \(.+\); package\.json pins it exactly\.$/;
const sources = ['schemas', 'state'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') })),
);

it("is said by each file that reads or writes with avsc's private methods", () => {
  const users = sources.filter(({ text }) => /\b_(read|write)\b/.test(text));
  expect(users.length).toBeGreaterThan(4);
  expect(users.filter(({ text }) => SAYS.exec(text.split('\n')[0]!)?.[1] !== 'avsc')).toEqual([]);
});

it('is so for each library that a file names', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const named = sources.flatMap(({ text }) => SAYS.exec(text.split('\n')[0]!)?.[1]?.replace(/-js$/, '') ?? []);
  expect(new Set(named)).toEqual(new Set(['avsc', 'lmdb']));
  for (const library of named) expect(dependencies[library]).toMatch(/^\d+\.\d+\.\d+$/);
});
