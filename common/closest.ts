/** Names that somebody may have meant who wrote another. */

const MOST = 3;
/** Fewer characters are in too many names. */
const LEAST_PART = 4;
/** From so many letters on, two may be wrong. */
const LONG = 10;

/** The names that somebody may have meant who wrote this one, the likeliest first, three at most. */
export function closest(name: string, names: readonly string[]): readonly string[] {
  const written = name.toLowerCase();
  return names
    .map((candidate) => ({ candidate, edits: meantBy(written, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(2, Math.min(name.length, candidate.length) / 3))
    .sort((one, other) => one.edits - other.edits)
    .slice(0, MOST)
    .map(({ candidate }) => candidate);
}

/** A question for the end of a fault; empty where no name is near. */
export function meant(name: string, names: Iterable<string>): string {
  const near = closest(name, [...names]);
  return near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
}

/**
 * The name, all in capitals, that was meant by one a slip away: in lower case, or with a letter (of a long one, two) that
 * is wrong, left out or too many behind the first two. Undefined when it is none, or one of the names itself.
 */
export function slipOf(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return undefined;
  const written = name.toUpperCase();
  const most = written.length >= LONG ? 2 : 1;
  const [nearest] = names
    .filter((candidate) => candidate.slice(0, 2) === written.slice(0, 2))
    .map((candidate) => ({ candidate, edits: edits(written, candidate) }))
    .filter((near) => near.edits <= most)
    .sort((one, other) => one.edits - other.edits);
  return nearest?.candidate;
}

/** A part of a name is as near as one edit. */
function meantBy(written: string, name: string): number {
  return written.length >= LEAST_PART && name.includes(written) ? 1 : edits(written, name);
}

/** How many characters must be added, left out or replaced (Levenshtein). */
function edits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let from = 1; from <= one.length; from += 1) {
    const above = row;
    row = [from];
    for (let at = 1; at <= other.length; at += 1) {
      const replaced = above[at - 1]! + (other[at - 1] === one[from - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[at]! + 1, row[at - 1]! + 1));
    }
  }
  return row.at(-1)!;
}
