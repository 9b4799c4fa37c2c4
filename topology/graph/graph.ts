/** The topology as data: named nodes, and for each the names of the nodes that it reads from. */
import { FatalError } from '../../common/errors.js';
import type { SinkTopic, SourceTopic } from '../../common/record.js';
import type { Processor, Services } from '../../processors/processor.js';
import type { DeadLetterSink, Sink } from '../../processors/sink.js';
import type { SinkEvents } from '../../schemas/codecs.js';
import type { RecordName } from '../../schemas/types.js';
import { faultsOf } from './topology-faults.js';

export interface SourceNode {
  readonly kind: 'source';
  readonly name: string;
  readonly topic: SourceTopic;
  readonly schema: RecordName;
  /** The store that is made of it: its records come before those of other sources that are not as old, also after a start. */
  readonly bootstraps?: string | undefined;
}

export interface ProcessorNode {
  readonly kind: 'processor';
  readonly name: string;
  readonly from: readonly string[];
  /** The store that it looks into. */
  readonly store?: string;
  /** Inputs differ from node to node: only the executor, which strings them together, sees them as one type. */
  readonly create: (services: Services) => Processor<never, unknown>;
}

export interface EventSinkNode {
  readonly kind: 'sink';
  readonly accepts: 'events';
  readonly name: string;
  readonly from: readonly string[];
  readonly topic: keyof SinkEvents;
  readonly schema: RecordName;
  readonly sink: Sink<never>;
}

export interface DeadLetterSinkNode {
  readonly kind: 'sink';
  readonly accepts: 'dead-letters';
  readonly name: string;
  readonly from: readonly string[];
  readonly topic: Exclude<SinkTopic, keyof SinkEvents>;
  readonly schema: 'as received';
  readonly sink: DeadLetterSink;
}

export type SinkNode = EventSinkNode | DeadLetterSinkNode;
export type TopologyNode = SourceNode | ProcessorNode | SinkNode;

export interface Topology {
  readonly name: string;
  /** The stores that processors may look into. */
  readonly stores: readonly string[];
  readonly nodes: readonly TopologyNode[];
}

/** A topology that can not run; every fault is listed. */
export class TopologyError extends FatalError {
  readonly faults: readonly string[];

  constructor(name: string, faults: readonly string[]) {
    super(`The topology '${name}' can not run:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

export function source(
  name: string,
  topic: SourceTopic,
  schema: RecordName,
  { bootstraps }: Pick<SourceNode, 'bootstraps'> = {},
): SourceNode {
  return { kind: 'source', name, topic, schema, ...(bootstraps !== undefined && { bootstraps }) };
}

/** The topic that is read before the others. Throws TopologyError unless there is one. */
export function bootstrapTopic({ name, nodes }: Topology): SourceTopic {
  const [first, ...others] = nodes.filter((node) => node.kind === 'source').filter((node) => node.bootstraps);
  if (first !== undefined && others.length === 0) return first.topic;
  throw new TopologyError(name, [`${first ? 1 + others.length : 0} sources bootstrap a store; one is needed`]);
}

export function processor(
  name: string,
  node: { from: readonly string[]; create: ProcessorNode['create']; store?: string },
): ProcessorNode {
  return { kind: 'processor', name, ...node };
}

/** A sink of encoded events; its events are those of its topic. */
export function sink<T extends keyof SinkEvents>(
  name: string,
  node: { from: readonly string[]; topic: T; schema: RecordName; sink: Sink<SinkEvents[T]> },
): EventSinkNode {
  return { kind: 'sink', accepts: 'events', name, ...node };
}

/** The branch for records that can not be processed; their values go out as they came. */
export function deadLetterSink(
  name: string,
  node: { from: readonly string[]; topic: DeadLetterSinkNode['topic']; sink: DeadLetterSink },
): DeadLetterSinkNode {
  return { kind: 'sink', accepts: 'dead-letters', schema: 'as received', name, ...node };
}

/** Checks the declaration and freezes it. Throws TopologyError with all its faults. */
export function defineTopology(topology: Topology): Topology {
  const faults = faultsOf(topology);
  if (faults.length > 0) throw new TopologyError(topology.name, faults);
  return Object.freeze({ ...topology, nodes: Object.freeze(topology.nodes.map((node) => Object.freeze({ ...node }))) });
}
