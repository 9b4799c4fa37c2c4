/** The mark by which the mended kafkajs is told from the published one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FatalError } from '../../../../../common/errors.js';
import { requireMends } from '../../../../../topology/kafka/index.js';

let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a project finds in whose node_modules a kafkajs with these mends lies. */
function projectWith(mends: string | undefined): NodeJS.Require {
  folder = mkdtempSync(join(tmpdir(), 'notification-streams-mends-'));
  const kafkajs = join(folder, 'node_modules', 'kafkajs');
  mkdirSync(join(kafkajs, 'src'), { recursive: true });
  writeFileSync(join(kafkajs, 'package.json'), '{"name": "kafkajs", "version": "2.2.4"}');
  if (mends !== undefined) writeFileSync(join(kafkajs, 'src', 'mends.js'), mends);
  return createRequire(join(folder, 'index.js'));
}

describe('the kafkajs that is found', () => {
  it('is the mended one here', () => {
    expect(() => requireMends()).not.toThrow();
  });

  it.each([
    ['as published', undefined, 'found none'],
    ['mended by another version of ours', 'module.exports = 0', 'found 0'],
  ])('is refused %s, with where it is, what was expected and what to do', (_, mends, found) => {
    const load = projectWith(mends);
    expect(() => requireMends(load)).toThrow(FatalError);
    expect(() => requireMends(load)).toThrow(join(folder, 'node_modules', 'kafkajs'));
    expect(() => requireMends(load)).toThrow(found);
    expect(() => requireMends(load)).toThrow(/remove node_modules and install again with npm/);
    expect(() => requireMends(load)).toThrow(/npm ci/);
  });

  it('is not taken for the published one when its mark cannot be read', () => {
    expect(() => requireMends(projectWith('no JavaScript'))).toThrow(SyntaxError);
  });
});
