/**
 * Ours with its transactions taken out: what exactly once costs. The same build, with a few words changed as node loads
 * it: records and offsets go out one after the other, and nothing holds them together.
 */
import { editArgs, type Edit } from '../../test/chaos/mutations.js';
import type { Contender } from './contenders.js';

const PRODUCER = 'topology/kafka/produce/transactional-producer.js';
const PROTOCOL = 'topology/kafka/protocol/transaction-protocol.js';

const EDITS: readonly Edit[] = [
  {
    module: 'topology/kafka/records/record-batch.js',
    find: 'bytes.writeInt16BE(TRANSACTIONAL | this.#codec, CHECKED_FROM)',
    replace: 'bytes.writeInt16BE(this.#codec, CHECKED_FROM)',
  },
  {
    module: 'topology/kafka/protocol/produce.js',
    find: 'out.string(owner.transactionalId).int16(ALL_IN_SYNC)',
    replace: 'out.int16(-1).int16(ALL_IN_SYNC)',
  },
  {
    module: PROTOCOL,
    find: "isSpoken && (features.get('transaction.version') ?? 0) >= 2 ? VERSION_2 : VERSION_1",
    replace: 'VERSION_1',
  },
  { module: PROTOCOL, find: 'addPartitions: addPartitionsToTxn,', replace: '' },
  { module: PROTOCOL, find: 'addOffsets: addOffsetsToTxn,', replace: '' },
  {
    module: PRODUCER,
    find: 'await this.#groupCoordinator.connectionPool.send(commitOffsets(this.#owner(), member, offsets));',
    replace: `await this.#groupCoordinator.offsetCommit({
      groupId: member.groupId,
      groupGenerationId: member.generationId,
      memberId: member.memberId,
      topics: offsets.map(({ topic, ...partition }) => ({ topic, partitions: [partition] })),
    });`,
  },
  {
    module: PRODUCER,
    find: 'this.#identity = await this.#atTransactionCoordinator(this.#protocol.end(owner, committed));',
    replace: '',
  },
];

export function withoutTransactions(contender: Contender): Contender[] {
  if (contender.system !== 'ours') return [];
  return [
    {
      ...contender,
      id: `${contender.id}-without`,
      label: `${contender.label}, no transactions`,
      nodeArgs: [...(contender.nodeArgs ?? []), ...editArgs(EDITS)],
    },
  ];
}
