/** docs/doctor.md prints the checks that there are. */
import { it } from 'vitest';
import { CHECKS } from '../../../topology/operations/doctor/doctor.js';
import { capital } from '../../capital.js';
import { expectPrinted } from './printed-parts.js';

it('prints the checks, and how each is asked; -u writes them', async () => {
  const groups = Object.entries(CHECKS).map(([group, checks]) => {
    const items = checks.map(({ name, asks }) => `- **${name}**: ${capital(asks)}.`);
    return `### ${group}\n\n${items.join('\n')}`;
  });
  await expectPrinted('docs/doctor.md', { checks: groups.join('\n\n') });
});
