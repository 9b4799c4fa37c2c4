import { describe, expect, it } from 'vitest';
import { TOPIC_RECORDS } from '../../../../schemas/topic-records.js';
import {
  defineTopology,
  processor,
  TopologyError,
  type Topology,
  type TopologyNode,
} from '../../../../topology/graph/graph.js';
import { notifications } from '../../../../topology/notifications.js';
import { planOf } from '../../../../topology/graph/plan.js';
import { SINK_TOPICS, SOURCE_TOPICS } from '../../../../common/record.js';
import { stubTopology } from './stub-topology.js';

const create = (): never => {
  throw new Error('nothing is created while a topology is checked');
};

function faultsOf(topology: Topology, check: (topology: Topology) => unknown = defineTopology): readonly string[] {
  try {
    check(topology);
  } catch (error) {
    if (error instanceof TopologyError) return error.faults;
    throw error;
  }
  return [];
}

function withNodes(change: (nodes: readonly TopologyNode[]) => readonly TopologyNode[]): Topology {
  const topology = stubTopology();
  return { ...topology, nodes: change(topology.nodes) };
}

function rewired(name: string, from: readonly string[]): Topology {
  return withNodes((nodes) => nodes.map((node) => (node.name === name ? ({ ...node, from } as TopologyNode) : node)));
}

describe('the notifications topology', () => {
  it('reads and writes every topic of the contract', () => {
    const ends = notifications.nodes.filter((node) => node.kind !== 'processor');
    expect(ends.map((node) => node.topic).sort()).toEqual([...SOURCE_TOPICS, ...SINK_TOPICS].sort());
  });

  it('gives each topic the schema that the codecs use for it', () => {
    for (const node of notifications.nodes) {
      if (node.kind === 'processor' || node.topic === 'NOTIFICATION_DLQ') continue;
      expect([node.topic, node.schema]).toEqual([node.topic, TOPIC_RECORDS[node.topic].name]);
    }
  });

  it('runs decode, map, dedup, route, then every sink', () => {
    const plan = planOf(notifications);
    expect(plan.processors.map(({ name }) => name)).toEqual(['decode', 'map', 'dedup', 'route']);
    expect(plan.sinks.map(({ name }) => name)).toEqual(['email', 'push', 'in-app', 'delivered', 'directory']);
    expect(plan.deadLetters.topic).toBe('NOTIFICATION_DLQ');
  });

  it('can not be changed once it is defined', () => {
    expect(Object.isFrozen(notifications) && Object.isFrozen(notifications.nodes)).toBe(true);
    expect(notifications.nodes.every((node) => Object.isFrozen(node))).toBe(true);
  });
});

describe('a topology', () => {
  it('is accepted when nothing is wrong with it', () => {
    expect(faultsOf(stubTopology())).toEqual([]);
  });

  it.each<[string, Topology, string]>([
    ['a name used twice', withNodes((nodes) => [...nodes, { ...nodes[1]! }]), `the name 'only' stands for more than`],
    ['an unknown name', rewired('email', ['onyl']), `'email' reads from 'onyl', which is not a node`],
    ['a blank name', withNodes((n) => n.map((node, i) => (i === 0 ? { ...node, name: ' ' } : node))), 'has no name'],
    ['a node that reads from nothing', rewired('email', []), `'email' reads from no node`],
    ['a sink in the middle', rewired('push', ['email']), `'push' reads from the sink 'email'; sinks come last`],
    [
      'a processor that nothing reads',
      withNodes((nodes) => [...nodes, processor('idle', { from: ['only'], create })]),
      `nothing reads from the processor 'idle'`,
    ],
    [
      'a topic without a schema',
      withNodes((nodes) =>
        nodes.map((n) => (n.name === 'email' ? ({ ...n, schema: '' } as unknown as TopologyNode) : n)),
      ),
      'the topic EMAIL_REQUEST_TOPIC has no schema',
    ],
    [
      'a topic of two nodes',
      withNodes((nodes) =>
        nodes.map((n) => (n.name === 'push' ? ({ ...n, topic: 'EMAIL_REQUEST_TOPIC' } as TopologyNode) : n)),
      ),
      'the topic EMAIL_REQUEST_TOPIC belongs to more than one node',
    ],
    [
      'a cycle',
      withNodes((nodes) => [
        ...nodes,
        processor('a', { from: ['b'], create }),
        processor('b', { from: ['a'], create }),
      ]),
      'there is a cycle: a -> b -> a',
    ],
    [
      'a node that no source leads to',
      withNodes((nodes) => [
        ...nodes,
        processor('a', { from: ['b'], create }),
        processor('b', { from: ['a'], create }),
      ]),
      `no source leads to 'a'`,
    ],
    [
      'an undeclared store',
      withNodes((nodes) => nodes.map((n) => (n.kind === 'processor' ? { ...n, store: 'inbox' } : n))),
      `'only' looks into the store 'inbox', which is not declared`,
    ],
    [
      'no sink for dead letters',
      withNodes((nodes) => nodes.filter((node) => node.name !== 'dead-letter')),
      'there are 0 sinks for dead letters; one is needed',
    ],
  ])('is refused for %s', (_, topology, fault) => {
    expect(faultsOf(topology)).toContainEqual(expect.stringContaining(fault));
  });

  it('is refused with all its faults at once', () => {
    const faults = faultsOf(withNodes((nodes) => [nodes[0]!, ...rewired('email', ['x']).nodes.slice(2, 3)]));
    expect(faults).toEqual([
      `'email' reads from 'x', which is not a node`,
      `nothing reads from the source 'tasks'; every way ends in a sink`,
      `no source leads to 'email'`,
      'there are 0 sinks for dead letters; one is needed',
    ]);
  });
});

describe('planning', () => {
  it('refuses a topology that branches before its sinks', () => {
    const branched = withNodes((nodes) => [
      ...nodes.filter((node) => node.name !== 'push'),
      processor('other', { from: ['tasks'], create }),
      ...rewired('push', ['other']).nodes.filter((node) => node.name === 'push'),
    ]);
    expect(faultsOf(branched)).toEqual([]);
    expect(faultsOf(branched, planOf)).toEqual(['exactly one processor must read from tasks and no other']);
  });

  it('refuses a sink that does not read from the last processor', () => {
    const short = withNodes((nodes) => [
      ...nodes.filter((node) => node.name !== 'push'),
      processor('last', { from: ['only'], create }),
      ...rewired('push', ['last']).nodes.filter((node) => node.name === 'push'),
    ]);
    expect(faultsOf(short, planOf)).toEqual([`the sink 'email' must read from last and no other`]);
  });

  it('refuses a topology that was never checked', () => {
    expect(faultsOf(rewired('email', ['x']), planOf)).toContain(`'email' reads from 'x', which is not a node`);
  });
});
