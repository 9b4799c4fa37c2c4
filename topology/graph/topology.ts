/**
 * A topology as data, declared step by step:
 *
 *     topology<Shape>(name).sources([…]).process(…)… .sink(…)… .deadLetters(…)
 *
 * Each step takes what the step before gives, looks into stores that the shape has, and writes events of the topic that
 * it names: anything else does not compile (test/unit/topology/graph/topology.test-d.ts). Every sink reads from the
 * last processor, and every processor's dead letters go one way.
 */
import { FatalError } from '../../common/errors.js';
import type { SourceRecord } from '../../common/record.js';
import type { Processor } from '../../processors/processor.js';
import type { DeadLetterSink, Sink } from '../../processors/sink.js';

/** What the steps of a topology may name. */
export interface TopologyShape {
  /** What processors are made with. */
  readonly services: object;
  /** The stores that they look into, by name. */
  readonly stores: object;
  /** Logical names of the source topics. */
  readonly sources: string;
  /** By the logical name of each sink's topic, the event that its records carry. */
  readonly events: object;
  /** Logical name of the topic for dead letters. */
  readonly deadLetters: string;
}

export interface SourceNode {
  readonly kind: 'source';
  readonly name: string;
  /** Logical name. */
  readonly topic: string;
  readonly schema: string;
  /** The store that is made of it: its records come before those of other sources that are not as old, also after a start. */
  readonly bootstraps?: string | undefined;
}

interface ProcessorNode<Shape extends TopologyShape> {
  readonly kind: 'processor';
  readonly name: string;
  /** Names of the nodes that it reads from. */
  readonly from: readonly string[];
  /** The store that it looks into. */
  readonly store?: string | undefined;
  readonly create: (services: Shape['services']) => Processor<never, unknown, Shape['stores']>;
}

interface SinkNode<Shape extends TopologyShape> {
  readonly kind: 'sink';
  readonly name: string;
  readonly from: readonly string[];
  readonly topic: keyof Shape['events'] & string;
  readonly schema: string;
  readonly sink: Sink<never, never, Shape['stores']>;
}

interface DeadLetterNode<Shape extends TopologyShape> {
  readonly kind: 'dead-letters';
  readonly name: string;
  readonly from: readonly string[];
  readonly topic: Shape['deadLetters'];
  readonly schema: 'as received';
  readonly sink: DeadLetterSink;
}

export type TopologyNode<Shape extends TopologyShape = TopologyShape> =
  SourceNode | ProcessorNode<Shape> | SinkNode<Shape> | DeadLetterNode<Shape>;

/** `Value`: what the sinks are given. */
export interface Topology<Shape extends TopologyShape = TopologyShape, Value = unknown> {
  readonly name: string;
  readonly sources: readonly SourceNode[];
  /** In the order in which a record goes through them. */
  readonly processors: readonly ProcessorNode<Shape>[];
  readonly sinks: readonly SinkNode<Shape>[];
  readonly deadLetters: DeadLetterNode<Shape>;
  /** Never there: it carries the type. */
  readonly value?: Value;
}

/** A topology that cannot run; every fault is listed. */
export class TopologyError extends FatalError {
  readonly faults: readonly string[];

  constructor(name: string, faults: readonly string[]) {
    super(`The topology '${name}' cannot run:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** A topic to read. */
interface Source<Shape extends TopologyShape> extends Omit<SourceNode, 'kind'> {
  readonly topic: Shape['sources'];
  readonly bootstraps?: (keyof Shape['stores'] & string) | undefined;
}

/** Begins to declare one. Its first step is a source, or a list of them. */
export function topology<Shape extends TopologyShape>(name: string): Omit<Sources<Shape>, 'process'> {
  return new Sources<Shape>(name, []);
}

class Sources<Shape extends TopologyShape> {
  readonly #name: string;
  readonly #sources: readonly SourceNode[];

  constructor(name: string, sources: readonly SourceNode[]) {
    this.#name = name;
    this.#sources = sources;
  }

  /** One more topic to read. */
  source(
    name: string,
    topic: Shape['sources'],
    schema: string,
    options: Pick<Source<Shape>, 'bootstraps'> = {},
  ): Sources<Shape> {
    return this.sources([{ name, topic, schema, ...options }]);
  }

  /** So many more, as a list has them. */
  sources(list: readonly Source<Shape>[]): Sources<Shape> {
    const nodes = list.map(({ name, topic, schema, bootstraps }): SourceNode => {
      return { kind: 'source', name, topic, schema, ...(bootstraps !== undefined && { bootstraps }) };
    });
    return new Sources(this.#name, [...this.#sources, ...nodes]);
  }

  /** The first processor: it is given the records of every source. */
  process<Out>(...step: Step<Shape, SourceRecord, Out>): Chain<Shape, Out> {
    const from = this.#sources.map(({ name }) => name);
    return new Chain(this.#name, this.#sources, [processorNode(from, step)]);
  }
}

type Step<Shape extends TopologyShape, In, Out> = [
  name: string,
  create: (services: Shape['services']) => Processor<In, Out, Shape['stores']>,
  options?: { readonly store?: keyof Shape['stores'] & string },
];

function processorNode<Shape extends TopologyShape, In, Out>(
  from: readonly string[],
  [name, create, { store } = {}]: Step<Shape, In, Out>,
): ProcessorNode<Shape> {
  return { kind: 'processor', name, from, create, ...(store !== undefined && { store }) };
}

class Chain<Shape extends TopologyShape, In> {
  readonly #name: string;
  readonly #sources: readonly SourceNode[];
  readonly #processors: readonly ProcessorNode<Shape>[];

  constructor(name: string, sources: readonly SourceNode[], processors: readonly ProcessorNode<Shape>[]) {
    this.#name = name;
    this.#sources = sources;
    this.#processors = processors;
  }

  /** The next processor: it is given what the one before forwards. */
  process<Out>(...step: Step<Shape, In, Out>): Chain<Shape, Out> {
    const node = processorNode(
      this.#processors.slice(-1).map(({ name }) => name),
      step,
    );
    return new Chain(this.#name, this.#sources, [...this.#processors, node]);
  }

  /** The first sink: what the last processor forwards fans out from here. */
  sink<Topic extends keyof Shape['events'] & string>(...step: Out<Shape, In, Topic>): Sinks<Shape, In> {
    return new Sinks<Shape, In>(this.#name, this.#sources, this.#processors, []).sink(...step);
  }
}

type Out<Shape extends TopologyShape, In, Topic extends keyof Shape['events'] & string> = [
  name: string,
  topic: Topic,
  schema: string,
  sink: Sink<In, Shape['events'][Topic], Shape['stores']>,
];

class Sinks<Shape extends TopologyShape, In> {
  readonly #name: string;
  readonly #sources: readonly SourceNode[];
  readonly #processors: readonly ProcessorNode<Shape>[];
  readonly #sinks: readonly SinkNode<Shape>[];

  constructor(
    name: string,
    sources: readonly SourceNode[],
    processors: readonly ProcessorNode<Shape>[],
    sinks: readonly SinkNode<Shape>[],
  ) {
    this.#name = name;
    this.#sources = sources;
    this.#processors = processors;
    this.#sinks = sinks;
  }

  /** One more, given the same as the others, after them. */
  sink<Topic extends keyof Shape['events'] & string>(
    ...[name, topic, schema, sink]: Out<Shape, In, Topic>
  ): Sinks<Shape, In> {
    const from = this.#processors.slice(-1).map((last) => last.name);
    const node: SinkNode<Shape> = { kind: 'sink', name, from, topic, schema, sink };
    return new Sinks(this.#name, this.#sources, this.#processors, [...this.#sinks, node]);
  }

  /** The branch for what cannot be processed, which ends the declaration. Throws TopologyError with all its faults. */
  deadLetters(name: string, topic: Shape['deadLetters'], sink: DeadLetterSink): Topology<Shape, In> {
    const from = this.#processors.map((processor) => processor.name);
    const parts = {
      sources: this.#sources,
      processors: this.#processors,
      sinks: this.#sinks,
      deadLetters: { kind: 'dead-letters', name, from, topic, schema: 'as received', sink } as const,
    };
    const bootstrapping = this.#sources.filter(({ bootstraps }) => bootstraps !== undefined);
    const faults = [
      ...(this.#sources.length === 0 ? ['it reads no source'] : []),
      ...bootstrapping
        .slice(1)
        .map((more) => `the source '${more.name}' comes first, as '${bootstrapping[0]!.name}' does: expected one`),
      ...repeated(nodesOf(parts).map((node) => node.name)).map((same) => `the name '${same}' stands for two nodes`),
      ...repeated(endsOf(parts).map((end) => end.topic)).map((same) => `the topic ${same} belongs to two nodes`),
    ];
    if (faults.length > 0) throw new TopologyError(this.#name, faults);
    return freeze({ name: this.#name, ...parts });
  }
}

type Parts<Shape extends TopologyShape> = Pick<Topology<Shape>, 'sources' | 'processors' | 'sinks' | 'deadLetters'>;

/** Every node, from the sources to the dead letters. */
export function nodesOf<Shape extends TopologyShape>(parts: Parts<Shape>): readonly TopologyNode<Shape>[] {
  return [...parts.sources, ...parts.processors, ...parts.sinks, parts.deadLetters];
}

/** The nodes that have a topic. */
function endsOf<Shape extends TopologyShape>({ sources, sinks, deadLetters }: Parts<Shape>) {
  return [...sources, ...sinks, deadLetters];
}

/** As much of a topology as says which topics it reads and writes. */
export interface TopologyTopics {
  readonly sources: readonly SourceNode[];
  readonly sinks: readonly { readonly topic: string }[];
  readonly deadLetters: { readonly topic: string };
}

/** Logical names of the topics that it reads. */
export function sourceTopics({ sources }: TopologyTopics): string[] {
  return sources.map(({ topic }) => topic);
}

/** Logical names of the topics that it writes. */
export function sinkTopics({ sinks, deadLetters }: TopologyTopics): string[] {
  return [...sinks.map(({ topic }) => topic), deadLetters.topic];
}

/** The topic that is read before the others; undefined when none is. */
export function bootstrapTopic({ sources }: TopologyTopics): string | undefined {
  return sources.find(({ bootstraps }) => bootstraps !== undefined)?.topic;
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function freeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) freeze(part as object);
  }
  return Object.freeze(value);
}
