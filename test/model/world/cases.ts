/** One case for each defect that is put in on purpose: what happens, and as what the defect is caught. */
import type { Command, Scenario } from './commands.js';
import * as defects from './defects.js';
import type { Defect } from './defects.js';
import type { switches } from './switches.js';

export interface Case {
  /** The thing that is missing. */
  readonly defect: string;
  /** What happens, as the end of a sentence that begins "when". */
  readonly when: string;
  readonly scenario: Omit<Scenario, 'transactions'>;
  /** What does not hold then. */
  readonly caught: RegExp;
  /** How the defect is put in: at the task's seams, or by a switch within a module. */
  readonly put: Defect | keyof typeof switches;
}

const event: Command = { do: 'produce', source: 0, partition: 0, user: 0, kind: 'plain' };
const aWhile: Command = { do: 'steps', count: 60 };
const alone = (...commands: Command[]): Case['scenario'] => ({ workers: 1, tasks: 1, partitions: 1, commands });
const befallsCommit = (api: 'TxnOffsetCommit' | 'EndTxn', fault: 'crash-before' | 'crash-after' | 'lose-request') =>
  alone({ do: 'fault', worker: 0, api, fault }, event, aWhile);

export const CASES: readonly Case[] = [
  {
    defect: 'the store is written before the Kafka commit',
    when: 'the worker dies before EndTxn',
    scenario: befallsCommit('EndTxn', 'crash-before'),
    caught: /the store of task 0 holds 1 events that Kafka has not committed/,
    put: defects.storeBeforeCommit,
  },
  {
    defect: 'fencing is skipped at a takeover',
    when: 'the owner dies with a transaction open',
    scenario: befallsCommit('TxnOffsetCommit', 'crash-after'),
    caught: /did not come about that every task runs .*: task 0 is restoring/,
    put: defects.fencingSkipped,
  },
  {
    defect: "aborted records are filtered by kafkajs's own filter",
    when: 'two upstream transactions interleave and are aborted out of turn',
    scenario: alone(
      { do: 'write', writer: 0, source: 0, partition: 0 },
      { do: 'write', writer: 1, source: 0, partition: 0 },
      { do: 'end', writer: 1, commit: false },
      { do: 'end', writer: 0, commit: false },
    ),
    caught: /e0\] is in EMAIL_REQUEST_TOPIC-\d from TASK_EVENT_TOPIC-0, but \[\] must/,
    put: 'kafkajsFilter',
  },
  {
    defect: 'offsets are sent without generation and member',
    when: 'a worker that lost the task goes on before the new owner has fenced it',
    scenario: {
      workers: 2,
      tasks: 1,
      partitions: 1,
      commands: [
        { do: 'fault', worker: 0, api: 'TxnOffsetCommit', fault: 'pause-before' },
        { do: 'fault', worker: 1, api: 'InitProducerId', fault: 'pause-before' },
        event,
        aWhile,
        { do: 'elapse', ms: 11_000 },
        aWhile,
        { do: 'continue', worker: 0 },
      ],
    },
    caught: /w0\.1 is not of the group's generation, and its offsets were accepted/,
    put: defects.offsetsWithoutGeneration,
  },
  {
    defect: 'the overlay is dropped when the commit begins',
    when: 'a repeat comes while the first is being committed',
    scenario: alone(event, { do: 'steps', count: 6 }, { do: 'repeat', index: 0 }),
    caught: /\[TASK_EVENT_TOPIC-0 e0, TASK_EVENT_TOPIC-0 e0\] is in EMAIL_REQUEST_TOPIC/,
    put: 'overlayDropped',
  },
  {
    defect: 'committed offsets are read before the fence',
    when: 'the owner dies with offsets pending: only the fence would settle them',
    scenario: befallsCommit('TxnOffsetCommit', 'crash-after'),
    caught: /did not come about that every task runs .*: task 0 is restoring/,
    put: defects.offsetsBeforeFence,
  },
  {
    defect: 'the changelog is written outside of the transaction',
    when: 'the worker dies before its offsets are in the transaction',
    scenario: befallsCommit('TxnOffsetCommit', 'crash-before'),
    caught: /\[\] is in EMAIL_REQUEST_TOPIC-\d from TASK_EVENT_TOPIC-0, but \[TASK_EVENT_TOPIC-0 e0\] must/,
    put: defects.changelogOutside,
  },
  {
    defect: 'a lost answer to EndTxn is taken for a commit',
    when: 'EndTxn is lost on its way',
    scenario: befallsCommit('EndTxn', 'lose-request'),
    caught: /the store of task 0 holds 1 events that Kafka has not committed/,
    put: defects.outcomeGuessed,
  },
];
