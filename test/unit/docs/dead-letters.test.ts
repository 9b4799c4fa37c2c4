/** docs/dead-letters.md prints what the code has as lists. */
import { it } from 'vitest';
import { DEAD_LETTER_REASONS } from '../../../common/label-values.js';
import { LEFT_WORDS } from '../../../topology/operations/dead-letters/left-why.js';
import { REASON_MEANINGS } from '../../../topology/operations/dead-letters/reasons.js';
import { expectPrinted } from './printed-parts.js';

const sentences = (text: string): string[] => text.split(/(?<=[.?!]) (?=[A-Z])/);

it('docs/dead-letters.md says what each reason means, and what a replay leaves, and what to do', async () => {
  const reasons = DEAD_LETTER_REASONS.map((reason) => {
    const { means, remedy } = REASON_MEANINGS[reason];
    return [`- \`${reason}\`: ${means}`, ...sentences(remedy)].join('\n  ');
  });
  const left = Object.entries(LEFT_WORDS).map(([why, words]) => `- \`${why}\`: ${words}.`);
  await expectPrinted('docs/dead-letters.md', { reasons: reasons.join('\n'), left: left.join('\n') });
});
