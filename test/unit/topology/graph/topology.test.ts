/** What a topology says, and what is refused when it is declared. What does not even compile is in topology.test-d.ts. */
import { TOPIC_RECORDS, SOURCES } from '../../../../dev/contract/sources.js';
import { describe, expect, it } from 'vitest';
import { SINK_TOPICS, SOURCE_TOPICS } from '../../../../common/record.js';
import { writeDeadLetter } from '../../../../processors/sinks/dead-letter.js';
import {
  bootstrapTopic,
  nodesOf,
  sinkTopics,
  sourceTopics,
  topology,
  TopologyError,
} from '../../../../topology/graph/topology.js';
import { describeAsMermaid } from '../../../../topology/graph/describe.js';
import { notifications } from '../../../../topology/notifications.js';
import { SIX_SOURCES } from '../../../hr-source.js';
import { stubTopology, type Stub } from './stub-topology.js';
import { faultsOf } from '../../faults-of.js';

describe('the notifications topology', () => {
  const map = notifications(SOURCES);

  it('reads and writes every topic of the contract', () => {
    expect([...sourceTopics(map), ...sinkTopics(map)].sort()).toEqual([...SOURCE_TOPICS, ...SINK_TOPICS].sort());
  });

  it('gives each topic the schema that the codecs use for it', () => {
    const ends = [...map.sources, ...map.sinks];
    expect(ends).toHaveLength(SOURCE_TOPICS.length + SINK_TOPICS.length - 1); // dead letters have none
    for (const { topic, schema } of ends) {
      expect([topic, schema]).toEqual([topic, TOPIC_RECORDS[topic as keyof typeof TOPIC_RECORDS].name]);
    }
  });

  it('runs decode, map, dedup, route, then every sink', () => {
    const { processors, sinks, deadLetters } = map;
    expect(processors.map(({ name }) => name)).toEqual(['decode', 'map', 'dedup', 'route']);
    expect(sinks.map(({ name }) => name)).toEqual(['email', 'push', 'in-app', 'delivered', 'directory']);
    expect(deadLetters.topic).toBe('NOTIFICATION_DLQ');
  });

  it('makes the user directory of the account events, which come first', () => {
    expect(bootstrapTopic(map)).toBe('USER_EVENT_TOPIC');
    expect(bootstrapTopic(stubTopology())).toBeUndefined();
  });

  it('cannot be changed once it is defined', () => {
    const { sources, processors, sinks } = map;
    expect([map, sources, processors, sinks].every((part) => Object.isFrozen(part))).toBe(true);
    expect(nodesOf(map).every((node) => Object.isFrozen(node))).toBe(true);
  });
});

describe('the notifications topology of other sources', () => {
  it('reads these, and is the same behind them', () => {
    const map = notifications(SIX_SOURCES);
    expect(map.sources.at(-1)).toEqual({ kind: 'source', name: 'hr', topic: 'HR_EVENT_TOPIC', schema: 'HrEvent' });
    expect(map.processors[0]!.from.at(-1)).toBe('hr');
    expect(sinkTopics(map)).toEqual(sinkTopics(notifications(SOURCES)));
    expect(describeAsMermaid(map)).toContain('hr(["HR_EVENT_TOPIC"])');
  });

  it('is refused where a source is a topic that it writes, or a node has its name', () => {
    const [tasks] = SOURCES;
    const faulty = [...SOURCES, { ...tasks!, name: 'route', topic: 'EMAIL_REQUEST_TOPIC' }];
    expect(faultsOf(() => notifications(faulty), TopologyError)).toEqual([
      `the name 'route' stands for two nodes`,
      'the topic EMAIL_REQUEST_TOPIC belongs to two nodes',
    ]);
  });
});

const nothing = (): void => undefined;
/** Up to its first sink. */
const begun = () =>
  topology<Stub>('stub')
    .source('tasks', 'TASK_EVENT_TOPIC', 'TaskEvent')
    .source('crm', 'CRM_EVENT_TOPIC', 'CrmEvent')
    .process('first', () => (record) => ({ kind: 'forward', value: record.offset }))
    .process('last', () => (offset) => ({ kind: 'forward', value: String(offset) }), { store: 'dedup-window' })
    .sink('email', 'EMAIL_REQUEST_TOPIC', 'EmailRequestEvent', nothing);

describe('a topology', () => {
  it('is accepted when nothing is wrong with it', () => {
    expect(faultsOf(() => stubTopology(), TopologyError)).toEqual([]);
  });

  it('says of each node what it reads from: sources and steps in a chain, sinks from its end, dead letters from every step', () => {
    const declared = begun()
      .sink('push', 'PUSH_REQUEST_TOPIC', 'PushRequestEvent', nothing)
      .deadLetters('dead-letter', 'NOTIFICATION_DLQ', writeDeadLetter);
    expect(nodesOf(declared).map((node) => [node.name, node.kind === 'source' ? [] : node.from])).toEqual([
      ['tasks', []],
      ['crm', []],
      ['first', ['tasks', 'crm']],
      ['last', ['first']],
      ['email', ['last']],
      ['push', ['last']],
      ['dead-letter', ['first', 'last']],
    ]);
    expect(declared.processors.map(({ store }) => store)).toEqual([undefined, 'dedup-window']);
  });

  it('may be begun once and ended twice: neither has what the other was given', () => {
    const common = begun();
    const [one, two] = ['one', 'two'].map((name) =>
      common
        .sink(name, 'PUSH_REQUEST_TOPIC', 'PushRequestEvent', nothing)
        .deadLetters('dead-letter', 'NOTIFICATION_DLQ', writeDeadLetter),
    );
    expect(one!.sinks.map(({ name }) => name)).toEqual(['email', 'one']);
    expect(two!.sinks.map(({ name }) => name)).toEqual(['email', 'two']);
  });

  it('is refused without a source, and with two that come first', () => {
    expect(faultsOf(() => notifications([]), TopologyError)).toEqual(['it reads no source']);
    const [first] = SOURCES.filter(({ bootstraps }) => bootstraps !== undefined);
    const two = [...SOURCES, { ...first!, name: 'more', topic: 'MORE_ACCOUNTS' }];
    expect(faultsOf(() => notifications(two), TopologyError)).toEqual([
      `the source 'more' comes first, as 'accounts' does: expected one`,
    ]);
  });

  it('is refused for a name used twice', () => {
    const twice = () =>
      begun()
        .sink('first', 'PUSH_REQUEST_TOPIC', 'PushRequestEvent', nothing)
        .deadLetters('dead-letter', 'NOTIFICATION_DLQ', writeDeadLetter);
    expect(faultsOf(twice, TopologyError)).toEqual([`the name 'first' stands for two nodes`]);
  });

  it('is refused for a topic of two nodes', () => {
    const twice = () =>
      begun()
        .sink('more', 'EMAIL_REQUEST_TOPIC', 'EmailRequestEvent', nothing)
        .deadLetters('dead-letter', 'NOTIFICATION_DLQ', writeDeadLetter);
    expect(faultsOf(twice, TopologyError)).toEqual(['the topic EMAIL_REQUEST_TOPIC belongs to two nodes']);
  });

  it('is refused with all its faults at once, in a message that names it', () => {
    const twice = () =>
      begun()
        .sink('email', 'EMAIL_REQUEST_TOPIC', 'EmailRequestEvent', nothing)
        .deadLetters('tasks', 'NOTIFICATION_DLQ', writeDeadLetter);
    expect(faultsOf(twice, TopologyError)).toEqual([
      `the name 'email' stands for two nodes`,
      `the name 'tasks' stands for two nodes`,
      'the topic EMAIL_REQUEST_TOPIC belongs to two nodes',
    ]);
    expect(twice).toThrow(/^The topology 'stub' cannot run:\n {2}- the name/);
  });
});
