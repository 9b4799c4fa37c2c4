/** Runs one record through the declared topology; pure, except for what the context lets it look at. */
import { FatalError, OutageError, RetryableError, StoreDamagedError } from '../../common/errors.js';
import { DROP_REASONS } from '../../common/label-values.js';
import type { DeadLetter, RecordDefect, SourceRecord } from '../../common/record.js';
import type { ProcessorContext } from '../../processors/context.js';
import type { DeadLetterCause, DropReason, Forward, Unsettled, Waiting } from '../../processors/outcome.js';
import type { Processor } from '../../processors/processor.js';
import type { DeadLetterOptions, DeadLetterSink, Sink } from '../../processors/sink.js';
import { Outputs, TooLargeError, type OutputBounds, type RecordCollector } from './outputs.js';
import type { Topology, TopologyShape } from './topology.js';

/** What one source record became, beside the outputs that were collected. All of it is committed, or none. */
export type Processed =
  /** `value`: what the sinks were given, or its first part. The task's state takes from it what it remembers. */
  | { readonly kind: 'forwarded'; readonly value: unknown }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  /** The dead letter is the only output: nothing is remembered, so a replay is processed. */
  | { readonly kind: 'dead-lettered'; readonly cause: DeadLetterCause }
  /** A part of the outputs is staged: the event loop may have a turn, and nothing else be staged, before `resume` goes on. */
  | { readonly kind: 'unfinished'; readonly resume: () => Processed }
  /** The record's schema id is not known yet: resolve it, then process the record again. Nothing was staged. */
  | { readonly kind: 'unresolved'; readonly schemaId: number }
  /** What a store lacks may be on its way: process the record again once that is settled. Nothing is staged. */
  | Unsettled
  /** Newer rules in the group know what to do with it. Nothing is staged. */
  | Waiting;

/** What a record has become for good. */
export type Finished = Exclude<Processed, { readonly kind: 'unresolved' | 'unfinished' | 'unsettled' | 'waiting' }>;

/** What the task gives for one record. */
export interface ExecutionContext<Stores = unknown> {
  readonly now: number;
  readonly stores: Stores;
  readonly notify: boolean;
  /** Default: everything is settled. */
  readonly isSettled?: () => boolean;
  /** Default: no newer rules are in the group. */
  readonly isBehind?: () => boolean;
  /** Is given the outputs. */
  readonly outputs: RecordCollector;
}

export interface Executor<Stores = unknown> {
  /**
   * Throws RetryableError (a processor asks to be tried again) and what is not the record's fault (OutageError,
   * StoreDamagedError, FatalError), with no outputs left behind. Any other error thrown by a processor becomes a dead letter of reason `failed`.
   */
  process(record: SourceRecord, context: ExecutionContext<Stores>): Processed;
  /** The dead letter for a record that cannot be processed for a reason outside the topology (retries used up, refused by the broker). */
  deadLetter(record: SourceRecord, cause: DeadLetterCause): DeadLetter;
}

export interface ExecutorOptions<Services = unknown> {
  /** What processors are made with. */
  readonly services: Services;
  /** Goes into every dead letter, as `dlq.app`. */
  readonly appId: string;
  /** Whether dead letters carry stack frames. Never the error's message: it may quote the payload. */
  readonly stackTraces: boolean;
  /** The largest value that may go out, in bytes: an event with a larger one is dead-lettered. Default 999,000. */
  readonly maxOutputBytes?: number;
  /** All outputs of one event together, in bytes; they are held in memory until committed. Default 64 MiB. */
  readonly maxEventBytes?: number;
  /** The name on the broker of a source topic, for dead letters. Default: the logical name. */
  readonly topicName?: (topic: string) => string;
}

/** A broker takes 1 MiB a batch by default; 1 KB of the round million is left for key and framing. */
const MAX_OUTPUT_BYTES = 1_000_000 - 1_000;
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** Compiles the topology. One executor may serve many tasks: it keeps nothing between two records, of which it runs one at a time. */
export function createExecutor<Shape extends TopologyShape>(
  topology: Topology<Shape>,
  options: ExecutorOptions<Shape['services']>,
): Executor<Shape['stores']> {
  return new CompiledTopology(topology, options);
}

interface Step {
  readonly name: string;
  readonly run: Processor<unknown, unknown, unknown>;
}

interface CompiledSink {
  readonly name: string;
  readonly run: Sink<unknown, unknown, unknown>;
}

/** Dropped records are the same except for their reason: one object each. */
const DROPPED = Object.fromEntries(DROP_REASONS.map((reason) => [reason, { kind: 'dropped', reason }])) as Record<
  DropReason,
  Processed
>;

class CompiledTopology<Shape extends TopologyShape> implements Executor<Shape['stores']> {
  readonly #steps: readonly Step[];
  readonly #sinks: readonly CompiledSink[];
  readonly #sinkTopics: readonly string[];
  readonly #deadLetterSink: DeadLetterSink;
  readonly #deadLetterOptions: DeadLetterOptions;
  readonly #bounds: OutputBounds;
  /** For the record that is being processed. */
  #outputs: Outputs;

  constructor({ processors, sinks, deadLetters }: Topology<Shape>, options: ExecutorOptions<Shape['services']>) {
    // The builder has seen to it that each step takes what the one before gives: from here on it is one type.
    this.#steps = processors.map(({ name, create }) => ({ name, run: create(options.services) as Step['run'] }));
    this.#sinks = sinks.map(({ name, sink }) => ({ name, run: sink as CompiledSink['run'] }));
    this.#sinkTopics = sinks.map(({ topic }) => topic);
    this.#deadLetterSink = deadLetters.sink;
    this.#deadLetterOptions = {
      appId: options.appId,
      stackTraces: options.stackTraces,
      topicName: options.topicName ?? ((topic) => topic),
    };
    this.#bounds = {
      maxRecordBytes: options.maxOutputBytes ?? MAX_OUTPUT_BYTES,
      maxEventBytes: options.maxEventBytes ?? MAX_EVENT_BYTES,
    };
    this.#outputs = new Outputs(this.#sinkTopics, this.#bounds);
  }

  process(
    record: SourceRecord,
    { now, stores, notify, isSettled = always, isBehind = never, outputs }: ExecutionContext<Shape['stores']>,
  ): Processed {
    const context: ProcessorContext<unknown> = { record, now, stores, notify, isSettled, isBehind };
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
          case 'unresolved':
          case 'waiting':
            return outcome;
        }
      }
    } catch (error) {
      return this.#failed(record, error, node, outputs);
    }
    return this.#emit(forwarded.value, forwarded, context, outputs);
  }

  deadLetter(record: SourceRecord, cause: DeadLetterCause): DeadLetter {
    return this.#deadLetterSink(record, cause, this.#deadLetterOptions);
  }

  /** Gives the sinks an event, or a part of one, and says how to go on with the next. */
  #emit(
    first: unknown,
    part: Forward<unknown>,
    context: ProcessorContext<unknown>,
    outputs: RecordCollector,
  ): Processed {
    const current = this.#outputs;
    let node = '';
    try {
      for (let index = 0; index < this.#sinks.length; index += 1) {
        const sink = this.#sinks[index]!;
        node = sink.name;
        sink.run(part.value, current.emitters[index]!, context);
      }
    } catch (error) {
      return this.#failed(context.record, error, node, outputs);
    }
    const { rest } = part;
    if (rest === undefined) return { kind: 'forwarded', value: first };
    // Other tasks' records come in between.
    this.#outputs = new Outputs(this.#sinkTopics, this.#bounds);
    return {
      kind: 'unfinished',
      resume: () => {
        let next: Forward<unknown> | Unsettled;
        try {
          next = rest();
        } catch (error) {
          return this.#failed(context.record, error, this.#steps.at(-1)!.name, outputs);
        }
        if (next.kind === 'unsettled') {
          outputs.rollBack();
          return next;
        }
        this.#outputs = current;
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
const never = (): boolean => false;

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
  // Only the class of an error that nobody foresaw goes out: its message may quote the payload.
  const thrown = error instanceof Error ? error.name : typeof error;
  return { reason: 'failed', message: `${node} threw an unexpected ${thrown}`, attempts: 1, error };
}
