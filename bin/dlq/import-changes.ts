/** What was edited in a line of an import, for its dry run. */
import { stringify } from 'lossless-json';
import { originText, placeText } from '../../topology/operations/dead-letters/dead-letter.js';
import { valueAt } from '../../topology/operations/dead-letters/field-changes.js';
import type { ImportedLetter } from '../../topology/operations/dead-letters/import.js';
import { Mask } from '../../topology/operations/dead-letters/mask.js';
import { printable } from './printable.js';

/** None of a line that is sent as it was. `isPayload`: names and values are shown as they are, else as `dlq show` masks them. */
export function changeLines(
  path: string,
  { line, letter, source, changes, edited, written, event = null }: ImportedLetter,
  isPayload: boolean,
): string[] {
  if (edited === undefined) return [];
  const mask = isPayload ? undefined : new Mask(source);
  return [
    printable(`${path}:${line}  ${placeText(letter.at)}  ${originText(letter)}, ${written}`),
    ...changes.map((change) => {
      const names = mask?.path(change.path, event) ?? change.path;
      const [before, after] = [change.before, change.after].map((value) => shownValue(value, change.path, mask));
      return printable(`    ${names.join('.')}: ${before} -> ${after}`);
    }),
  ];
}

/** Masked as it would be in its event. */
function shownValue(value: unknown, path: readonly string[], mask: Mask | undefined): string {
  if (value === undefined) return '(none)';
  if (mask === undefined) return stringify(value)!;
  const event = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;
  return stringify(valueAt(mask.event(event), path)) ?? '(masked)';
}
