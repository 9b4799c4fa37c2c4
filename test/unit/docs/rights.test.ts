/** What docs/operations.md says of rights is printed from the table of rights. */
import { it } from 'vitest';
import { TopicNames } from '../../../common/topic-names.js';
import { SOURCES } from '../../../dev/contract/sources.js';
import { aclLines } from '../../../topology/operations/doctor/acl-command.js';
import { grantsOf, RIGHTS } from '../../../topology/operations/doctor/rights.js';
import { capital } from '../../capital.js';
import { expectPrinted } from './printed-parts.js';

const names = new TopicNames('', 'notification-streams');

it('prints the rights, and the commands that grant them; -u writes them', async () => {
  const rights = RIGHTS.map(({ to, operations, role, use, before }) => {
    const whose = role === 'topics create' ? use : `${role}: ${use}`;
    const when = before === undefined ? '' : `, with brokers before ${before}`;
    return `- ${to}${when}: ${operations.join(', ')}.\n  ${capital(whose)}.`;
  });
  const roles = ['stream', 'gateway'] as const;
  const lines = aclLines(roles, grantsOf(roles, names, SOURCES), 'User:notifications', 'kafka-1:9092');
  await expectPrinted('docs/operations.md', {
    rights: rights.join('\n'),
    acls: `\`\`\`sh\n${lines.join('\n')}\n\`\`\``,
  });
});
