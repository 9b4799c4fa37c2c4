import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../../../common/project-root.js';

/** Prints which of the two a worker's own modules have loaded. */
const SCRIPT = `
  import { createRequire } from 'node:module';
  await import('./topology/worker/worker.ts');
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  console.log(['kafkajs', 'uWebSockets.js'].filter((name) => loaded.some((file) => file.includes('/' + name + '/'))).join());
`;

describe('a worker that was not started as a gateway', () => {
  it('has not loaded uWebSockets.js, which does not load everywhere that Node runs', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', SCRIPT],
      { cwd: projectRoot() },
    );
    expect(stdout.trim()).toBe('kafkajs');
  });
});
