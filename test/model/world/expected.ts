/** What must have come of the sources, told from their logs alone: the contract's invariant, as a fold. */
import { hexOf } from '../../../state/dedup/digest-bytes.js';
import { partitionFor } from '../../../topology/kafka/index.js';
import { sourcePartition, type SinkTopic, type SourceTopic } from '../../../common/record.js';
import type { MemoryBroker } from '../memory-broker/memory-broker.js';
import { deadLetterOf, decodeEvent, eventDigest, outputsOf, SOURCES, type Output } from './events.js';
import { NAMES } from './worker.js';

export interface Expected {
  /** By sink partition and the source partition that the record came from: values in order. */
  readonly outputs: ReadonlyMap<string, readonly string[]>;
  /** By task: digests of the events that were delivered, in hexadecimal. */
  readonly digests: ReadonlyMap<number, ReadonlySet<string>>;
}

export interface Dealt {
  readonly tasks: number;
  /** Partitions of each source. */
  readonly partitions: number;
}

/** Each event once, at its first valid record; each poison or refused record once as a dead letter; nothing else. */
export function expectedOf(broker: MemoryBroker, { tasks, partitions }: Dealt): Expected {
  const outputs = new Map<string, string[]>();
  const digests = new Map<number, Set<string>>();
  for (let partition = 0; partition < partitions; partition += 1) {
    const seen = digests.get(partition % tasks) ?? new Set<string>();
    digests.set(partition % tasks, seen);
    for (const topic of SOURCES) {
      for (const output of outputsOfPartition(broker, topic, partition, seen)) {
        const key = outputKey(
          output.topic,
          partitionFor(Buffer.from(output.key), partitionsOf(broker, output.topic)),
          output.value,
        );
        outputs.set(key, [...(outputs.get(key) ?? []), output.value]);
      }
    }
  }
  return { outputs, digests };
}

/** What a read_committed reader of the sinks is given, told from what became of the transactions. */
export function actualOutputs(broker: MemoryBroker): Map<string, string[]> {
  const outputs = new Map<string, string[]>();
  for (const topic of SINKS) {
    for (let partition = 0; partition < partitionsOf(broker, topic); partition += 1) {
      for (const { value } of broker.log(NAMES.physical(topic), partition).records('committed')) {
        const text = value!.toString();
        const key = outputKey(topic, partition, text);
        outputs.set(key, [...(outputs.get(key) ?? []), text]);
      }
    }
  }
  return outputs;
}

export const SINKS = [
  'EMAIL_REQUEST_TOPIC',
  'NOTIFICATION_INAPP_TOPIC',
  'NOTIFICATION_DLQ',
] as const satisfies SinkTopic[];

function outputsOfPartition(broker: MemoryBroker, topic: SourceTopic, partition: number, seen: Set<string>): Output[] {
  return broker
    .log(NAMES.physical(topic), partition)
    .records('committed')
    .flatMap(({ offset, value }) => {
      const event = decodeEvent(value);
      const from = { source: sourcePartition(topic, partition).name, offset };
      if (event.kind !== 'plain') return [deadLetterOf(event, from)];
      const digest = hexOf(eventDigest(topic, event.id));
      if (seen.has(digest)) return [];
      seen.add(digest);
      return outputsOf(event, from);
    });
}

function partitionsOf(broker: MemoryBroker, topic: SinkTopic): number {
  return broker.partitionCount(NAMES.physical(topic));
}

/** Sink partition, and the source partition that the value names. */
export function outputKey(topic: SinkTopic, partition: number, value: string): string {
  return `${topic}-${partition} from ${value.slice(0, value.indexOf(' '))}`;
}
