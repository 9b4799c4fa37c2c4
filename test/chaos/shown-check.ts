/** Column G of the fault matrix: what the clients of the gateways have seen is what the in-app topic holds for their users. */
import { groupBy } from '../../common/group-by.js';
import { readCommitted } from '../../dev/oracle/read-committed.js';
import type { GatewayClient } from './gateway-client.js';
import type { Round } from './round.js';
import { outputOf } from './witness.js';
import { until } from '../integration/harness/until.js';

const IN_APP = 'NOTIFICATION_INAPP_TOPIC';
const SHOWN_MS = 120_000;

/**
 * Ends the load, waits until everything is processed and shown, and looks at each client: it must have seen every record
 * of its user from its first cursor on, in the topic's order, and nothing else. Faults go into `round.unseen`.
 */
export async function checkShown(round: Round, clients: readonly GatewayClient[]): Promise<void> {
  await round.endLoad();
  await round.untilDrained();
  const records = await readCommitted({ brokers: round.cluster.direct, topics: [round.prefix + IN_APP] });
  const outputs = records.map((record) => outputOf(round.prefix, record));
  const byUser = groupBy(outputs, ({ key }) => key);
  const expectedOf = ({ user, from }: GatewayClient): string[] =>
    (byUser.get(user) ?? []).flatMap(({ offset, notificationId }) => (offset >= from! ? [String(notificationId)] : []));
  const hasAll = (client: GatewayClient): boolean => client.shown.length >= expectedOf(client).length;
  // What is missing then, is told below.
  await until('every client has been shown its notifications', () => clients.every(hasAll), SHOWN_MS).catch(
    (error: unknown) => round.options.progress(String(error)),
  );
  for (const client of clients) {
    const expected = expectedOf(client);
    const seen = client.shown.map(({ notificationId }) => notificationId);
    round.shown += seen.length;
    const differs = expected.findIndex((id, index) => seen[index] !== id);
    if (differs >= 0)
      round.unseen.push(`a client of ${client.user} saw ${seen[differs]} where the topic has ${expected[differs]}`);
    if (seen.length > expected.length)
      round.unseen.push(`a client of ${client.user} saw ${seen.length - expected.length} too many`);
    if (client.repeated > 0) round.unseen.push(`a client of ${client.user} saw ${client.repeated} twice`);
    if (client.lost > 0) round.unseen.push(`a client of ${client.user} was told that something is missing`);
    const foreign = client.shown.find(({ tenantId, userId }) => `${tenantId}|${userId}` !== client.user);
    if (foreign) round.unseen.push(`a client of ${client.user} was shown ${foreign.eventId} of another user`);
  }
}
