/** What must hold, at every write and in the end. Each answer is a sentence about what does not. */
import type { MemoryBroker } from '../memory-broker/memory-broker.js';
import { partitionName } from '../memory-broker/memory-broker.js';
import type { StoredRecord } from '../memory-broker/batch.js';
import { openMemoryEnvironment, type Disk } from '../simulation/memory-environment.js';
import { SOURCES } from './events.js';
import { actualOutputs, expectedOf, type Dealt } from './expected.js';
import type { ModelState } from './states.js';
import { NAMES } from './worker.js';

const UNWATCHED = { begun: () => undefined, held: () => undefined };

/** A store never holds what Kafka has not committed. */
export function storeIsAhead(broker: MemoryBroker, disk: Disk, task: number, state: ModelState): string | undefined {
  const log = broker.log(NAMES.changelog, task);
  const decided = digestsIn(state, [
    ...log.records('committed'),
    ...log.records('open', ({ producerId }) => broker.transactions.isCommitted(producerId)),
  ]);
  const ahead = [...digestsOf(state, disk, task)].filter((digest) => !decided.has(digest));
  return ahead.length === 0
    ? undefined
    : `the store of task ${task} holds ${ahead.length} events that Kafka has not committed`;
}

/** Lost, twice, torn, aborted, out of order: each shows as a difference between what is there and what must be. */
export function wrongOutputs(
  broker: MemoryBroker,
  dealt: Dealt,
  read: ReadonlyMap<string, readonly string[]>,
): string[] {
  const { outputs } = expectedOf(broker, dealt);
  return [...differences('is in', actualOutputs(broker), outputs), ...differences('was read from', read, outputs)];
}

/** The committed offset of every source partition is its end, and names the topic that it is an offset of. */
export function wrongOffsets(broker: MemoryBroker, count: number): string[] {
  const { offsets } = broker.group(NAMES.group);
  return SOURCES.flatMap((topic) => numbers(count).map((partition) => ({ topic: NAMES.physical(topic), partition })))
    .map(({ topic, partition }) => {
      const { offset, metadata } = offsets.committed(partitionName(topic, partition));
      const end = broker.log(topic, partition).endOffset;
      return {
        place: `${topic}-${partition}`,
        committed: `${offset} '${metadata.replace(/;time:-?\d+$/, '')}'`,
        must: `${end} 'topic-id:${broker.topics.named(topic)!.id};partitions:${count}'`,
      };
    })
    .filter(({ committed, must }) => committed !== must)
    .map(({ place, committed, must }) => `the committed offset of ${place} is ${committed}, but ${must} must be`);
}

/** Each task's store is the fold of its changelog, and that is the set of events delivered. */
export function wrongStores(
  broker: MemoryBroker,
  dealt: Dealt,
  state: ModelState,
  diskOf: (task: number) => Disk | undefined,
): string[] {
  const { digests } = expectedOf(broker, dealt);
  return numbers(dealt.tasks).flatMap((task) => {
    const delivered = digests.get(task)!;
    const folded = digestsIn(state, broker.log(NAMES.changelog, task).records('committed'));
    const disk = diskOf(task);
    const faults = [];
    if (!disk) faults.push(`task ${task} has no owner`);
    else if (!sameSet(digestsOf(state, disk, task), folded))
      faults.push(`the store of task ${task} is not the fold of its changelog`);
    if (!sameSet(folded, delivered)) faults.push(`the changelog of task ${task} is not the set of events delivered`);
    return faults;
  });
}

function digestsOf(state: ModelState, disk: Disk, task: number): Set<string> {
  return state.stored(openMemoryEnvironment(disk, UNWATCHED), task);
}

function digestsIn(state: ModelState, records: readonly StoredRecord[]): Set<string> {
  return new Set(records.flatMap(({ value, offset }) => state.inRecord(value, `changelog@${offset}`)));
}

function differences(
  what: string,
  actual: ReadonlyMap<string, readonly string[]>,
  expected: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [...new Set([...actual.keys(), ...expected.keys()])]
    .map((place) => ({ place, is: (actual.get(place) ?? []).join(', '), must: (expected.get(place) ?? []).join(', ') }))
    .filter(({ is, must }) => is !== must)
    .map(({ place, is, must }) => `[${is}] ${what} ${place}, but [${must}] must`);
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
