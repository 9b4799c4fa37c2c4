/** Large notifications for chosen users, beside the workload and checked like it. */
import { request } from '../contract/events.js';
import { encode } from '../integration/harness/avro.js';
import { expectedCounts } from '../../dev/contract/expected-outputs.js';
import type { Sent } from '../integration/harness/workload.js';
import type { Round } from './round.js';

/** Sends so many notifications of so many bytes, in-app alone, each to all the users (of one tenant). Returns their event ids. */
export function sendLarge(
  round: Round,
  count: number,
  bytes: number,
  users: readonly { readonly tenantId: bigint; readonly userId: bigint }[],
): Set<string> {
  const ids = new Set<string>();
  const schemaId = round.ids.get('NotificationRequestEvent')!;
  for (let index = 0; index < count; index += 1) {
    const eventId = `large-${index}`;
    const event = request({
      eventId,
      tenantId: users[0]!.tenantId,
      userId: 0n,
      userIds: users.map(({ userId }) => userId),
      channels: ['IN_APP'],
      message: 'x'.repeat(bytes),
    });
    const value = encode('NotificationRequestEvent', schemaId, event);
    const sent: Sent = { topic: 'NOTIFICATION_REQUEST_TOPIC', message: { key: eventId, value } };
    round.workload.expected.set(eventId, expectedCounts({ topic: 'NOTIFICATION_REQUEST_TOPIC', event }));
    round.load.send([sent]);
    ids.add(eventId);
  }
  return ids;
}
