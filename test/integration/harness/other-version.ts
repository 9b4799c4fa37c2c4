/** Another version of the project, to run beside this one: OTHER_VERSION names a checkout of it that is built. */
import { join, resolve } from 'node:path';

/** Its command; undefined when none is named. */
export function otherVersion(): string | undefined {
  const folder = process.env['OTHER_VERSION'];
  return folder && join(resolve(folder), 'dist', 'bin', 'notification-streams.js');
}
