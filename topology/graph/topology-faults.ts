/** What is wrong with a declared topology, all of it at once. */
import type { Topology, TopologyNode } from './graph.js';

/** One sentence a fault; empty when the topology can run. */
export function faultsOf(topology: Topology): string[] {
  return [
    ...nameFaults(topology),
    ...topicFaults(topology),
    ...edgeFaults(topology),
    ...cycleFaults(topology),
    ...reachFaults(topology),
    ...deadLetterFaults(topology),
  ];
}

/** The names that a node reads from; none for a source. */
export function inputsOf(node: TopologyNode): readonly string[] {
  return node.kind === 'source' ? [] : node.from;
}

function nameFaults({ nodes, stores }: Topology): string[] {
  const names = nodes.map((node) => node.name);
  const faults = repeated(names).map((name) => `the name '${name}' stands for more than one node`);
  for (const node of nodes) {
    if (node.name.trim() === '') faults.push(`a ${node.kind} has no name`);
    for (const input of inputsOf(node)) {
      if (!names.includes(input)) faults.push(`'${node.name}' reads from '${input}', which is not a node`);
    }
    if (node.kind === 'processor' && node.store !== undefined && !stores.includes(node.store)) {
      faults.push(`'${node.name}' looks into the store '${node.store}', which is not declared`);
    }
    if (node.kind === 'source' && node.bootstraps !== undefined && !stores.includes(node.bootstraps)) {
      faults.push(`the source '${node.name}' bootstraps the store '${node.bootstraps}', which is not declared`);
    }
  }
  return faults;
}

function topicFaults({ nodes }: Topology): string[] {
  const ends = nodes.filter((node) => node.kind !== 'processor');
  return [
    ...repeated(ends.map((node) => node.topic)).map((topic) => `the topic ${topic} belongs to more than one node`),
    // A declaration that was not type-checked may leave the schema out.
    ...ends
      .filter((node) => !(node.schema as string | undefined))
      .map((node) => `the topic ${node.topic} has no schema`),
  ];
}

function edgeFaults({ nodes }: Topology): string[] {
  const faults: string[] = [];
  const sinks = new Set(nodes.filter((node) => node.kind === 'sink').map((node) => node.name));
  for (const node of nodes) {
    if (node.kind !== 'source' && node.from.length === 0) faults.push(`'${node.name}' reads from no node`);
    for (const input of inputsOf(node)) {
      if (sinks.has(input)) faults.push(`'${node.name}' reads from the sink '${input}'; sinks come last`);
    }
    if (node.kind !== 'sink' && !nodes.some((other) => takesEvents(other) && inputsOf(other).includes(node.name))) {
      faults.push(`nothing reads from the ${node.kind} '${node.name}'; every way ends in a sink`);
    }
  }
  return faults;
}

function cycleFaults({ nodes }: Topology): string[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const done = new Set<string>();
  const faults: string[] = [];
  const visit = (name: string, way: readonly string[]): void => {
    if (way.includes(name)) {
      faults.push(`there is a cycle: ${[...way.slice(way.indexOf(name)), name].reverse().join(' -> ')}`);
      return;
    }
    const node = byName.get(name);
    if (node === undefined || done.has(name)) return;
    for (const input of inputsOf(node)) visit(input, [...way, name]);
    done.add(name);
  };
  for (const node of nodes) visit(node.name, []);
  return faults;
}

function reachFaults({ nodes }: Topology): string[] {
  const reached = new Set(nodes.filter((node) => node.kind === 'source').map((node) => node.name));
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const node of nodes) if (inputsOf(node).some((input) => reached.has(input))) reached.add(node.name);
  }
  return nodes.filter((node) => !reached.has(node.name)).map((node) => `no source leads to '${node.name}'`);
}

function deadLetterFaults({ nodes }: Topology): string[] {
  const sinks = nodes.filter((node) => node.kind === 'sink' && node.accepts === 'dead-letters');
  return sinks.length === 1 ? [] : [`there are ${sinks.length} sinks for dead letters; one is needed`];
}

function takesEvents(node: TopologyNode): boolean {
  return node.kind !== 'sink' || node.accepts === 'events';
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
