/** Texts that others wrote, as a terminal may be given them. */

/** Controls, what turns the direction of a text around, what breaks a line, halves of pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/** With escapes for what would move the cursor, colour the screen, or make a text look like another. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Cut to so many characters, with a sign that it was. */
export function shortened(text: string, most: number): string {
  // Whoever wrote it may have written a megabyte.
  const characters = Array.from(text.slice(0, 2 * most + 1));
  return characters.length <= most ? text : `${characters.slice(0, Math.max(0, most - 1)).join('')}…`;
}
