/** Which broker does what: those that a fault is aimed at. */
import { runKafkaTool } from '../integration/harness/run-kafka-tool.js';
import type { Round } from './round.js';

export type Role = 'leader' | 'group coordinator' | 'transaction coordinator' | 'controller';
export const ROLES: readonly Role[] = ['leader', 'group coordinator', 'transaction coordinator', 'controller'];

/** The id of the broker that has the role for this round's in-app topic, group, or first task. */
export async function brokerOf(role: Role, round: Round): Promise<number> {
  switch (role) {
    case 'leader':
      return leaderOf(round, `${round.prefix}NOTIFICATION_INAPP_TOPIC`, 0);
    case 'group coordinator':
      return leaderOf(round, '__consumer_offsets', placeAmong(round.group, 8));
    case 'transaction coordinator':
      return leaderOf(round, '__transaction_state', placeAmong(`${round.group}-0`, 8));
    case 'controller':
      return controller(round);
  }
}

/** The id of the broker that leads the partition. */
export async function leaderOf({ cluster: { admin } }: Round, topic: string, partition: number): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
  if (!found || found.leader < 0) throw new Error(`${topic}-${partition} has no leader`);
  return found.leader;
}

/** KRaft's brokers name one of themselves in the metadata, so the quorum is asked. */
async function controller({ cluster: { direct } }: Round): Promise<number> {
  const lines = await runKafkaTool(direct, 'MetadataQuorumCommand', ['describe', '--status']);
  const id = lines.map((line) => /^LeaderId:\s+(\d+)/.exec(line)?.[1]).find((found) => found !== undefined);
  if (id === undefined) throw new Error(`the quorum did not tell its leader: ${lines.join(' | ')}`);
  return Number(id);
}

/** Which partition of an internal topic has this name's state: Java's String.hashCode, as the coordinators take it. */
function placeAmong(name: string, partitions: number): number {
  let hash = 0;
  for (const char of Buffer.from(name, 'latin1')) hash = (Math.imul(hash, 31) + char) | 0;
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitions;
}
