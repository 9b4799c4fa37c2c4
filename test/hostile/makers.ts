/** Records that tries are made of. */
import { randomBytes } from 'node:crypto';

import type { HostileRecord } from './record-try.js';
import type { RecordScene } from './record-scene.js';
import { run, type Content } from './wire/pieces.js';
import type { RawHeaders } from './wire/batch.js';

export const TASKS = 'TASK_EVENT_TOPIC';
export const MB = 1024 * 1024;

/** A task event that makes one notification. */
export function good(scene: RecordScene, eventId: string, more: Partial<HostileRecord> = {}): HostileRecord {
  return { key: eventId, value: taskValue(scene, eventId), fate: { kind: 'notified', eventId }, ...more };
}

export function taskValue(scene: RecordScene, eventId: string, taskTitle = 'Prepare invoice'): Buffer {
  return scene.messages.task({ eventId, eventType: 'TASK_COMPLETED', taskTitle }).message.value as Buffer;
}

/** Nothing of ours: its first byte says so. */
export function poison(value: Content, more: Partial<HostileRecord> = {}): HostileRecord {
  return { key: 'poison', value, fate: { kind: 'dead', reasons: ['bad-magic'] }, ...more };
}

/** That many bytes that are no event and that any codec makes small. */
export function poisonRun(bytes: number): Content {
  return [run(0xff, bytes)];
}

/** That many bytes that are no event and that no codec makes smaller. */
export function poisonNoise(bytes: number): Buffer {
  const noise = randomBytes(bytes);
  noise[0] = 0xff;
  return noise;
}

/** So many headers of no name and no value: two bytes each. */
export function emptyHeaders(count: number): RawHeaders {
  return { count, bytes: [run(0, 2 * count)] };
}
