/** Whether the kafkajs that is found is the mended one: without what is under patches/, each request fails. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { FatalError } from '../../../common/errors.js';

/** The number of patches/, raised with every change there; the same number is in `src/mends.js` of the mended kafkajs. */
const MENDS = 2;

/**
 * Throws a FatalError that says what to do when it is another: an installer that ignores `bundleDependencies` fetches
 * the published one, and `npm ci --ignore-scripts` leaves that of a clone as it came.
 */
export function requireMends(load: NodeJS.Require = createRequire(import.meta.url)): void {
  const found = mendsOf(load);
  if (found === MENDS) return;
  throw new FatalError(
    [
      `${dirname(load.resolve('kafkajs/package.json'))} is not the kafkajs that notification-streams comes with: expected mends ${MENDS}, found ${String(found)}; with it no request to a broker would succeed`,
      'installed as a package: remove node_modules and install again with npm, which takes the bundled one (bundleDependencies)',
      'in a clone: run npm ci, without --ignore-scripts, or npx patch-package',
    ].join('\n  '),
  );
}

function mendsOf(load: NodeJS.Require): unknown {
  try {
    return load('kafkajs/src/mends');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return 'none';
    throw error;
  }
}
