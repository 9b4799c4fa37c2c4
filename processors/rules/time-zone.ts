/** The time zone in which a user reads times, by what stands in the directory: free text. */
import { remembered } from '../remembered.js';

/** There are some 600 names. */
const REMEMBERED = 1000;
/** In UTF-16 units: no zone has a longer name. */
const MAX_LENGTH = 64;

const canonical = remembered(REMEMBERED, (name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return 'UTC';
    throw error;
  }
});

/** The zone's name as Intl writes it; UTC for null and for what is no zone. */
export function knownTimeZone(name: string | null): string {
  return name === null || name.length > MAX_LENGTH ? 'UTC' : canonical(name.trim());
}
