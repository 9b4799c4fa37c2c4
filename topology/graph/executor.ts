/** Runs one record through the declared topology; pure but for what the context lets it look at. */
import type { Digest } from '../../state/dedup/digest-bytes.js';
import type { DeadLetterOptions, DeadLetterSink, Sink } from '../../processors/sink.js';
import type { Processor } from '../../processors/processor.js';
import { DROP_REASONS } from '../../common/label-values.js';
import { DEFAULT_ACTION_URL_SCHEMES } from '../../processors/action-url.js';
import type { RoutedEvent } from '../../processors/routed-event.js';
import type { Templates } from '../../processors/templates.js';
import type { EventDecoder, SinkEvents } from '../../schemas/codecs.js';
import type { DirectoryEntry } from '../../state/directory/directory-entry.js';
import type { DedupView, DirectoryView, ProcessorContext } from '../../processors/context.js';
import type { Correction } from '../../common/correction.js';
import { FatalError, OutageError, RetryableError, StoreDamagedError } from '../../common/errors.js';
import type { Topology } from './graph.js';
import {
  type DeadLetterCause,
  type DropReason,
  type Forward,
  type UnknownTypes,
  type Unsettled,
} from '../../processors/outcome.js';
import { Outputs, TooLargeError, type OutputBounds, type RecordCollector } from './outputs.js';
import { planOf } from './plan.js';
import type { DeadLetter, RecordDefect, SourceRecord, SourceTopic } from '../../common/record.js';

/** What one source record became, beside the outputs that were collected. All of it is committed, or none. */
export type Processed =
  /** `digest` is remembered; `directory` is the user state that the record set, also among the outputs; `corrections` only where there are any. */
  | {
      readonly kind: 'forwarded';
      readonly digest: Digest;
      readonly directory?: DirectoryEntry;
      readonly corrections?: readonly Correction[];
    }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  /** The dead letter is the only output: no digest is remembered, so a replay is processed. */
  | { readonly kind: 'dead-lettered'; readonly cause: DeadLetterCause }
  /** A part of the outputs is staged: the event loop may have a turn, and nothing else be staged, before `resume` goes on. */
  | { readonly kind: 'unfinished'; readonly resume: () => Processed }
  /** The record's schema id is not known yet: resolve it, then process the record again. Nothing was staged. */
  | { readonly kind: 'unresolved'; readonly schemaId: number }
  /** What a store lacks may be on its way: process the record again once that is settled. Nothing is staged. */
  | Unsettled;

/** What a record has become for good. */
export type Finished = Exclude<Processed, { readonly kind: 'unresolved' | 'unfinished' | 'unsettled' }>;

/** What the task gives for one record. */
export interface ExecutionContext {
  readonly now: number;
  readonly dedup: DedupView;
  readonly directory: DirectoryView;
  readonly notify: boolean;
  /** Default: everything is settled. */
  readonly isSettled?: () => boolean;
  /** Is given the outputs. */
  readonly outputs: RecordCollector;
}

export interface Executor {
  /**
   * Throws RetryableError (a processor asks to be tried again) and what is not the record's fault (OutageError,
   * StoreDamagedError, FatalError), with no outputs left behind. Any other error thrown by a processor becomes a dead letter of reason `failed`.
   */
  process(record: SourceRecord, context: ExecutionContext): Processed;
  /** The dead letter for a record that can not be processed for a reason outside the topology (retries used up, refused by the broker). */
  deadLetter(record: SourceRecord, cause: DeadLetterCause): DeadLetter;
}

export interface ExecutorOptions {
  readonly decoder: EventDecoder;
  readonly templates: Templates;
  /** Schemes of action URLs that go out, in lower case. Default https and http. */
  readonly actionUrlSchemes?: readonly string[];
  /** Default: skip. */
  readonly unknownTypes?: UnknownTypes;
  /** Goes into every dead letter, as `dlq.app`. */
  readonly appId: string;
  /** Whether dead letters carry stack frames. Never the error's message: it may quote the payload. */
  readonly stackTraces: boolean;
  /** The largest value that may go out, in bytes: an event with a larger one is dead-lettered. Default 999,000. */
  readonly maxOutputBytes?: number;
  /** All outputs of one event together, in bytes; they are held in memory until committed. Default 64 MiB. */
  readonly maxEventBytes?: number;
  /** The name on the broker of a source topic, for dead letters. Default: the logical name. */
  readonly topicName?: (topic: SourceTopic) => string;
}

/** A broker takes 1 MiB a batch by default; 1 KB of the round million is left for key and framing. */
const MAX_OUTPUT_BYTES = 1_000_000 - 1_000;
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** Compiles the topology. One executor may serve many tasks: it keeps nothing between two records, of which it runs one at a time. Throws TopologyError. */
export function createExecutor(topology: Topology, options: ExecutorOptions): Executor {
  return new CompiledTopology(topology, options);
}

interface Step {
  readonly name: string;
  readonly run: Processor<unknown, unknown>;
}

interface CompiledSink {
  readonly name: string;
  readonly topic: keyof SinkEvents;
  readonly run: Sink<SinkEvents[keyof SinkEvents]>;
}

/** Dropped records are the same but for their reason: one object each. */
const DROPPED = Object.fromEntries(DROP_REASONS.map((reason) => [reason, { kind: 'dropped', reason }])) as Record<
  DropReason,
  Processed
>;

class CompiledTopology implements Executor {
  readonly #steps: readonly Step[];
  readonly #sinks: readonly CompiledSink[];
  readonly #deadLetterSink: DeadLetterSink;
  readonly #deadLetterOptions: DeadLetterOptions;
  readonly #bounds: OutputBounds;
  /** Of the record that is being processed. */
  #outputs: Outputs;

  constructor(topology: Topology, options: ExecutorOptions) {
    const plan = planOf(topology);
    // Edges are names, so types end at them: planOf has seen to it that each node reads from the one before.
    const services = { actionUrlSchemes: DEFAULT_ACTION_URL_SCHEMES, unknownTypes: 'skip' as const, ...options };
    this.#steps = plan.processors.map(({ name, create }) => ({ name, run: create(services) as Step['run'] }));
    this.#sinks = plan.sinks.map(({ name, topic, sink }) => ({ name, topic, run: sink }));
    this.#deadLetterSink = plan.deadLetters.sink;
    this.#deadLetterOptions = {
      appId: options.appId,
      stackTraces: options.stackTraces,
      topicName: options.topicName ?? ((topic) => topic),
    };
    this.#bounds = {
      maxRecordBytes: options.maxOutputBytes ?? MAX_OUTPUT_BYTES,
      maxEventBytes: options.maxEventBytes ?? MAX_EVENT_BYTES,
    };
    this.#outputs = new Outputs(this.#bounds);
  }

  process(
    record: SourceRecord,
    { now, dedup, directory, notify, isSettled = always, outputs }: ExecutionContext,
  ): Processed {
    const context: ProcessorContext = { record, now, dedup, directory, notify, isSettled };
    let forwarded: Forward<unknown> = { kind: 'forward', value: record };
    let node = '';
    this.#outputs.begin(outputs);
    if (record.defect) return this.#deadLettered(record, causeOfDefect(record.defect), outputs);
    try {
      for (const step of this.#steps) {
        node = step.name;
        const outcome = step.run(forwarded.value, context);
        switch (outcome.kind) {
          case 'forward':
            forwarded = outcome;
            break;
          case 'drop':
            return DROPPED[outcome.reason];
          case 'dead-letter':
            return this.#deadLettered(record, outcome.cause, outputs);
          case 'unsettled':
            return outcome;
          case 'unresolved':
            return { kind: 'unresolved', schemaId: outcome.schemaId };
        }
      }
    } catch (error) {
      return this.#failed(record, error, node, outputs);
    }
    const routed = forwarded as Forward<RoutedEvent>;
    return this.#emit(routed.value, routed, context, outputs);
  }

  deadLetter(record: SourceRecord, cause: DeadLetterCause): DeadLetter {
    return this.#deadLetterSink(record, cause, this.#deadLetterOptions);
  }

  /** Gives the sinks an event, or a part of one, and says how to go on with the next. */
  #emit(
    first: RoutedEvent,
    part: Forward<RoutedEvent>,
    context: ProcessorContext,
    outputs: RecordCollector,
  ): Processed {
    const emitter = this.#outputs;
    let node = '';
    try {
      for (const sink of this.#sinks) {
        node = sink.name;
        sink.run(part.value, emitter.into(sink.topic), context);
      }
    } catch (error) {
      return this.#failed(context.record, error, node, outputs);
    }
    const { rest } = part;
    if (rest === undefined) return forwarded(first);
    // Other tasks' records come in between.
    this.#outputs = new Outputs(this.#bounds);
    return {
      kind: 'unfinished',
      resume: () => {
        const next = rest();
        if (next.kind === 'unsettled') {
          outputs.rollBack();
          return next;
        }
        this.#outputs = emitter;
        return this.#emit(first, next, context, outputs);
      },
    };
  }

  #failed(record: SourceRecord, error: unknown, node: string, outputs: RecordCollector): Processed {
    outputs.rollBack();
    return this.#deadLettered(record, causeOf(error, node), outputs);
  }

  #deadLettered(record: SourceRecord, cause: DeadLetterCause, outputs: RecordCollector): Processed {
    outputs.add(this.deadLetter(record, cause));
    return { kind: 'dead-lettered', cause };
  }
}

const always = (): boolean => true;

function forwarded({ digest, directory, event: { corrections } }: RoutedEvent): Processed {
  if (corrections.length > 0) return { kind: 'forwarded', digest, ...(directory && { directory }), corrections };
  return directory === null ? { kind: 'forwarded', digest } : { kind: 'forwarded', digest, directory };
}

function causeOfDefect(defect: RecordDefect): DeadLetterCause {
  const { kind: reason, bytes } = defect;
  switch (defect.kind) {
    case 'too-large':
      return { reason, message: `the record has ${bytes} bytes; MAX_RECORD_BYTES is ${defect.maxBytes}`, attempts: 1 };
    case 'unreadable-batch': {
      const what = `a batch of ${bytes} bytes (${defect.codec}), up to offset ${defect.lastOffset}`;
      return { reason, message: `${what}, cannot be unpacked: ${defect.message}`, attempts: 1 };
    }
  }
}

const NOT_THE_RECORDS = [RetryableError, OutageError, StoreDamagedError, FatalError];

/** Throws what is not the record's fault: trying again is the task's, and a damaged store ends the worker. */
function causeOf(error: unknown, node: string): DeadLetterCause {
  if (NOT_THE_RECORDS.some((kind) => error instanceof kind)) throw error;
  if (error instanceof TooLargeError) {
    return { reason: 'too-large', message: `${node}: ${error.message}`, attempts: 1, error };
  }
  // Of an error that nobody foresaw only the class is told: its message may quote the payload.
  const thrown = error instanceof Error ? error.name : typeof error;
  return { reason: 'failed', message: `${node} threw an unexpected ${thrown}`, attempts: 1, error };
}
