/** The events of the model, what is to become of them, and an executor that does it. */
import type { Digest } from '../../../state/dedup/digest-bytes.js';
import type { SinkEvents } from '../../../schemas/codecs.js';
import type { ExecutionContext, Executor, Processed } from '../../../topology/graph/executor.js';
import { RecordHeaders } from '../../../common/record-headers.js';
import type { ModelState } from './states.js';
import { digestOf } from '../../digests.js';
import { origin, type SinkTopic, type SourceRecord, type SourceTopic } from '../../../common/record.js';

export const SOURCES = ['TASK_EVENT_TOPIC', 'CRM_EVENT_TOPIC'] as const satisfies readonly SourceTopic[];

/** `huge`: the broker refuses its output, again and again. */
export const EVENT_KINDS = ['plain', 'poison', 'huge'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface ModelEvent {
  readonly id: string;
  readonly user: string;
  readonly kind: EventKind;
}

/** More than the brokers of the model take in one batch. */
const HUGE_BYTES = 3_000;

export function encodeEvent({ id, user, kind }: ModelEvent): Buffer {
  return Buffer.from(`${id} ${user} ${kind}`);
}

export function decodeEvent(value: Buffer | null): ModelEvent {
  const [id, user, kind] = (value ?? '').toString().split(' ');
  return { id: id!, user: user!, kind: kind as EventKind };
}

/** What dedup knows an event by. */
export function eventDigest(topic: string, id: string): Digest {
  return digestOf(`${topic} ${id}`);
}

export interface Output<Topic = SinkTopic> {
  readonly topic: Topic;
  readonly key: string;
  readonly value: string;
}

type Origin = Pick<SourceRecord, 'source' | 'offset'>;

/** Two outputs, in two topics, by two keys: none may be there without the other. Each names its source partition. */
export function outputsOf({ id, user }: ModelEvent, { source }: Origin): Output<keyof SinkEvents>[] {
  const value = `${source} ${id}`;
  return [
    { topic: 'EMAIL_REQUEST_TOPIC', key: id, value },
    { topic: 'NOTIFICATION_INAPP_TOPIC', key: user, value },
  ];
}

/** A dead letter is about a record, not an event: the same event twice makes two. */
export function deadLetterOf({ id }: ModelEvent, from: Origin): Output {
  return { topic: 'NOTIFICATION_DLQ', key: id, value: `${from.source} ${origin(from)}` };
}

/** Drops what the stores know, by whatever state they are of. */
export const modelExecutor = (state: Pick<ModelState, 'has' | 'valueOf'>): Executor => ({
  process(record: SourceRecord, { stores, outputs }: ExecutionContext): Processed {
    const event = decodeEvent(record.value);
    if (event.kind === 'poison') {
      const cause = { reason: 'undecodable', message: 'poison', attempts: 1 } as const;
      outputs.add(this.deadLetter(record, cause));
      return { kind: 'dead-lettered', cause };
    }
    if (state.has(stores, record, event.id)) return { kind: 'dropped', reason: 'duplicate' };
    outputs.begin();
    for (const { topic, key, value } of outputsOf(event, record)) {
      const isHuge = event.kind === 'huge' && topic === 'EMAIL_REQUEST_TOPIC';
      // The encoder of the model takes texts for events.
      outputs.collect(topic, key, isHuge ? '\0'.repeat(HUGE_BYTES) : value);
    }
    return { kind: 'forwarded', value: state.valueOf(record, event.id) };
  },
  deadLetter: (record) => {
    const { key, value } = deadLetterOf(decodeEvent(record.value), record);
    const none = RecordHeaders.NONE;
    return { topic: 'NOTIFICATION_DLQ', key: Buffer.from(key), value: Buffer.from(value), headers: none, added: none };
  },
});
