/** What may happen, as data: a scenario is a list of these, which fast-check makes and makes smaller. */
import * as fc from 'fast-check';
import type { Api } from '../memory-broker/memory-cluster.js';
import { FAULTS, type Fault } from '../simulation/network.js';
import { EVENT_KINDS, SOURCES, type EventKind } from './events.js';
import type { Target } from './upstream.js';
import type { World } from './world.js';

export type Command =
  | {
      readonly do: 'produce';
      readonly source: number;
      readonly partition: number;
      readonly user: number;
      readonly kind: EventKind;
    }
  | { readonly do: 'repeat'; readonly index: number }
  | { readonly do: 'write'; readonly writer: number; readonly source: number; readonly partition: number }
  | { readonly do: 'end'; readonly writer: number; readonly commit: boolean }
  | { readonly do: 'steps'; readonly count: number }
  | { readonly do: 'shuffle'; readonly choices: readonly number[] }
  | { readonly do: 'fault'; readonly worker: number; readonly api: Api; readonly fault: Fault }
  | { readonly do: 'dieAtWrite'; readonly worker: number; readonly when: 'before' | 'after' }
  | { readonly do: 'crash'; readonly worker: number; readonly disk: 'kept' | 'lost' }
  | { readonly do: 'start' | 'stop' | 'pause' | 'continue'; readonly worker: number }
  | { readonly do: 'elapse'; readonly ms: number }
  | { readonly do: 'release' }
  | { readonly do: 'elect' };

export type TransactionVersion = 1 | 2;
export const TRANSACTION_VERSIONS: readonly TransactionVersion[] = [1, 2];

export interface Scenario {
  /** `transaction.version` of the cluster. */
  readonly transactions: TransactionVersion;
  readonly workers: number;
  readonly tasks: number;
  /** Partitions of each source; a task is as many of them as come to it. */
  readonly partitions: number;
  readonly commands: readonly Command[];
}

const COMMIT_APIS: Readonly<Record<TransactionVersion, readonly Api[]>> = {
  1: ['AddPartitionsToTxn', 'Produce', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'],
  2: ['Produce', 'TxnOffsetCommit', 'EndTxn'],
};
const TAKEOVER_APIS = ['ApiVersions', 'InitProducerId', 'ListOffsets', 'OffsetFetch'] as const satisfies readonly Api[];
const OTHER_APIS = ['Fetch', 'JoinGroup', 'SyncGroup', 'Heartbeat'] as const satisfies readonly Api[];

/** Only a producer's batches carry a number by which their repeat is known; no client sends another request twice. */
const REPEATABLE: readonly Api[] = ['Produce'];
/** The group answers the last of two from one member, and the other only by its sender's timeout, of which there is none here. */
const NOT_DELAYED: readonly Api[] = ['JoinGroup', 'SyncGroup'];

const worker = fc.nat(2);
const partition = fc.nat(5);
const source = fc.nat(1);
const writer = fc.nat(1);

const apis = (...list: readonly Api[]): fc.Arbitrary<Api> => fc.constantFrom<Api[]>(...list);

const faultAt = (api: fc.Arbitrary<Api>): fc.Arbitrary<Command> =>
  fc
    .record({ do: fc.constant('fault' as const), worker, api, fault: fc.constantFrom<Fault[]>(...FAULTS) })
    .filter((command) => command.fault !== 'repeat-request' || REPEATABLE.includes(command.api))
    .filter((command) => command.fault !== 'delay-request' || !NOT_DELAYED.includes(command.api));

const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant<EventKind>('plain') },
  { weight: 2, arbitrary: fc.constantFrom<EventKind[]>(...EVENT_KINDS) },
);
const produce = fc.record({ do: fc.constant('produce' as const), source, partition, user: fc.nat(2), kind });
const steps = fc.record({ do: fc.constant('steps' as const), count: fc.integer({ min: 1, max: 60 }) });
const choices = fc.array(fc.nat(5), { minLength: 1, maxLength: 20 });
const disk = fc.constantFrom<('kept' | 'lost')[]>('kept', 'lost');
const when = fc.constantFrom<('before' | 'after')[]>('before', 'after');

const commandOf = (commitApis: readonly Api[]): fc.Arbitrary<Command> =>
  fc.oneof(
    { weight: 6, arbitrary: produce },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('repeat' as const), index: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('write' as const), writer, source, partition }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), writer, commit: fc.boolean() }) },
    { weight: 8, arbitrary: steps },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('shuffle' as const), choices }) },
    { weight: 3, arbitrary: faultAt(apis(...TAKEOVER_APIS, ...commitApis, ...OTHER_APIS)) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('dieAtWrite' as const), worker, when }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), worker, disk }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), worker }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), worker }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), worker }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('continue' as const), worker }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('elapse' as const), ms: fc.constantFrom(500, 4_000, 11_000, 61_000) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('elect' as const) }) },
  );

/** A commit that something befalls. */
const troubledCommit = (commitApis: readonly Api[]): fc.Arbitrary<Command[]> =>
  fc.tuple(faultAt(apis(...commitApis)), produce, steps);

const phraseOf = (commitApis: readonly Api[]): fc.Arbitrary<Command[]> =>
  fc.oneof(
    { weight: 8, arbitrary: commandOf(commitApis).map((command) => [command]) },
    { weight: 1, arbitrary: troubledCommit(commitApis) },
  );

/** A partition a task, and more. */
const LAYOUTS = [
  { tasks: 1, partitions: 1 },
  { tasks: 2, partitions: 2 },
  { tasks: 3, partitions: 3 },
  { tasks: 1, partitions: 2 },
  { tasks: 2, partitions: 3 },
];

export const scenarioOf = (transactions: TransactionVersion): fc.Arbitrary<Scenario> =>
  fc
    .record({
      transactions: fc.constant(transactions),
      workers: fc.integer({ min: 1, max: 3 }),
      layout: fc.constantFrom<Pick<Scenario, 'tasks' | 'partitions'>[]>(...LAYOUTS),
      commands: fc
        .array(phraseOf(COMMIT_APIS[transactions]), { minLength: 1, maxLength: 40, size: 'max' })
        .map((phrases) => phrases.flat()),
    })
    .map(({ layout, ...others }) => ({ ...layout, ...others }));

/** A command about a machine or a partition that the world does not have is about another one. */
export async function perform(world: World, command: Command): Promise<void> {
  const machineOf = (at: number): World['machines'][number] => world.machines[at % world.machines.length]!;
  switch (command.do) {
    case 'produce':
      world.produce(target(world, command), command.user, command.kind);
      return;
    case 'repeat':
      world.repeat(command.index);
      return;
    case 'write':
      world.write(command.writer, target(world, command));
      return;
    case 'end':
      world.upstream.end(command.writer, command.commit);
      return;
    case 'steps':
      return world.steps(command.count);
    case 'shuffle':
      for (const choice of command.choices) await world.simulation.step(choice);
      return;
    case 'fault':
      world.network.arm(machineOf(command.worker).process, command.api, command.fault);
      return;
    case 'dieAtWrite':
      machineOf(command.worker).dieAtWrite = command.when;
      return;
    case 'crash':
      world.crash(machineOf(command.worker), command.disk);
      return;
    case 'start':
      return world.start(machineOf(command.worker));
    case 'stop':
      return world.stop(machineOf(command.worker));
    case 'pause':
      world.pause(machineOf(command.worker));
      return;
    case 'continue':
      world.continue(machineOf(command.worker));
      return;
    case 'elapse':
      world.simulation.elapse(command.ms);
      return;
    case 'release':
      return world.network.release();
    case 'elect':
      world.broker.leader = 1 - world.broker.leader;
      return;
  }
}

function target(world: World, { source: at, partition: number }: { source: number; partition: number }): Target {
  return { topic: SOURCES[at]!, partition: number % world.partitions };
}
