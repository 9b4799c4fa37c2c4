import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readVersion, type Manifest } from '../../../dev/stack/versions.js';
import { root } from './markdown.js';

/** Where each row of the table of formats is decided. */
const FORMATS: Readonly<Record<string, Manifest>> = {
  'state folder (`state/lmdb`)': ['state/lmdb/identity.ts', /^const FORMAT = (\d+)/m],
  'dedup store of a task': ['state/dedup/task-store.ts', /^const FORMAT = (\d+)/m],
  'entries of the changelog': ['state/dedup/changelog-entry.ts', /^const VERSION = (\d+)/m],
  "user directory's store": ['state/directory/user-directory.ts', /^const FORMAT = (\d+)/m],
  "assignment of the group's leader": ['topology/kafka/group/assignment.ts', /^const VERSION = (\d+)/m],
  'what a member says of itself': ['topology/kafka/group/assigner.ts', /^const USER_DATA_VERSION = (\d+)/m],
};

it('has the format of everything that is written, as the code has it', () => {
  const page = readFileSync(join(root, 'docs/releases.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (.+?) +\| (\d+) +\|$/gm)].map(([, what, format]) => [what, format]);
  expect(rows).toEqual(Object.entries(FORMATS).map(([what, manifest]) => [what, readVersion(what, manifest)]));
});
