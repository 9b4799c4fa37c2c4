/** The order in which a topology's nodes see a record: one chain of processors, then every sink. */
import {
  TopologyError,
  type DeadLetterSinkNode,
  type EventSinkNode,
  type ProcessorNode,
  type Topology,
} from './graph.js';
import { faultsOf } from './topology-faults.js';

export interface Plan {
  readonly processors: readonly ProcessorNode[];
  readonly sinks: readonly EventSinkNode[];
  readonly deadLetters: DeadLetterSinkNode;
}

/** Throws TopologyError for a topology that is faulty, or that branches before its sinks. */
export function planOf(topology: Topology): Plan {
  const faults = faultsOf(topology);
  if (faults.length > 0) throw new TopologyError(topology.name, faults);
  const { nodes } = topology;
  const unplaced = new Set(nodes.filter((node) => node.kind === 'processor'));
  const processors: ProcessorNode[] = [];
  let ends = nodes.filter((node) => node.kind === 'source').map((node) => node.name);
  while (unplaced.size > 0) {
    const next = [...unplaced].filter((node) => sameNames(node.from, ends));
    const [only] = next;
    if (only === undefined || next.length > 1) {
      throw new TopologyError(topology.name, [`exactly one processor must read from ${ends.join(', ')} and no other`]);
    }
    processors.push(only);
    unplaced.delete(only);
    ends = [only.name];
  }
  if (processors.length === 0) throw new TopologyError(topology.name, ['there is no processor']);
  const sinks = nodes.filter((node) => node.kind === 'sink');
  const events = sinks.filter((node) => node.accepts === 'events');
  for (const { name, from } of events) {
    if (!sameNames(from, ends)) {
      throw new TopologyError(topology.name, [`the sink '${name}' must read from ${ends.join(', ')} and no other`]);
    }
  }
  return { processors, sinks: events, deadLetters: sinks.find((node) => node.accepts === 'dead-letters')! };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
