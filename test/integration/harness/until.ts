import { until as holdsBy } from '../../../dev/stack/until.js';

/**
 * Waits until the condition gives something other than false, null or undefined, and returns that.
 * An error that the condition throws counts as "not yet"; the last one is the cause of the error in the end.
 * @param what Ends the sentence "Within 5000 ms it did not come about that ...".
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  let found: T | undefined;
  let last: unknown;
  const held = await holdsBy(async () => {
    try {
      found = await condition();
      last = found;
      return found !== false && found !== null && found !== undefined;
    } catch (error) {
      last = error;
      return false;
    }
  }, Date.now() + deadlineMs);
  if (!held) throw new Error(`Within ${deadlineMs} ms it did not come about that ${what}.`, { cause: last });
  return found as Exclude<T, false | null | undefined>;
}
