import { randomBytes } from 'node:crypto';

/** A TOPIC_PREFIX that no other test has, ending in a dot: `sales-1f9a0c3e.`. */
export function uniquePrefix(name = 'test'): string {
  return `${name}-${randomBytes(4).toString('hex')}.`;
}
