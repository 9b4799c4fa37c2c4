/** Tries by records: what is sent to one partition, and what must become of each record. */
import { expect } from 'vitest';

import type { OracleRecord } from '../../dev/oracle/read-committed.js';
import { readinessOf } from '../integration/harness/scrape.js';
import { testStack } from '../integration/harness/test-stack.js';
import { until } from '../integration/harness/until.js';
import { addFigures } from './figures.js';
import { letterFaults, originOf, summaryOf, unreadableFaults, type Dead } from './letters.js';
import { ATTACKED, type RecordScene } from './record-scene.js';
import type { Try } from './try.js';
import { encodeBatch, type RawRecord } from './wire/batch.js';
import type { Codec } from './wire/pack.js';
import { produceRaw } from './wire/raw-produce.js';

/** What must become of a record. */
type Fate =
  | { readonly kind: 'notified'; readonly eventId: string }
  | Dead
  /** Neither: it was nothing. */
  | { readonly kind: 'skipped' };

export interface HostileRecord extends RawRecord {
  readonly fate: Fate;
}

/** One batch. */
export interface Attack {
  readonly topic: string;
  readonly codec: Codec;
  readonly records: readonly HostileRecord[];
  /** One dead letter for all of it. */
  readonly isUnreadable?: boolean;
}

export interface RecordTry extends Omit<Try<RecordScene>, 'run'> {
  /** The number of the figures' line: of the five cases that three workers are shown with. */
  readonly shows?: string;
  readonly attack: (scene: RecordScene, name: string) => readonly Attack[] | Promise<readonly Attack[]>;
  /** The most CPU time that the attacked worker's loop may be held, ms. */
  readonly holdMs?: number;
  /** The most that a worker may grow by, MB. */
  readonly growMb?: number;
  /** What must hold beside that, while the attack is not over yet. */
  readonly meanwhile?: (scene: RecordScene) => Promise<void>;
}

/** Records of each other partition that must be committed while the attack goes on. */
const LEAST_PROBES = 10;
const DEADLINE_MS = 30_000;
const HOLD_MS = 400;
const GROW_MB = 350;

export function recordTry(options: RecordTry): Try<RecordScene> {
  return { ...options, run: (scene) => runTry(scene, options) };
}

async function runTry(scene: RecordScene, options: RecordTry): Promise<void> {
  const name = scene.nextName();
  const attacks = await options.attack(scene, name);
  const batches = attacks.map(({ codec, records }) => encodeBatch(codec, records));
  await Promise.all(scene.workers.map((worker) => worker.begin()));
  const lettersBefore = scene.letters.length;
  const probes = scene.probe(`${name}-probe`);
  try {
    const offsets: number[] = [];
    for (const [index, { topic }] of attacks.entries()) {
      offsets.push(await produceRaw(testStack().kafkaBrokers, scene.prefix + topic, ATTACKED, batches[index]!));
    }
    const began = performance.now();
    await scene.sendGood(ATTACKED, `${name}-next`, attacks.at(-1)!.topic);
    await options.meanwhile?.(scene);
    await scene.untilHolds('the next record is committed', () => scene.notified(`${name}-next`) > 0, DEADLINE_MS);
    const nextMs = Math.round(performance.now() - began);
    const letters = (): OracleRecord[] => scene.letters.slice(lettersBefore);
    await untilDone(scene, attacks, name, letters);
    await scene.untilHolds('records of others are committed', () => probes.least >= LEAST_PROBES, DEADLINE_MS);
    checkFates(scene, attacks, offsets, letters(), name);
    await checkWorkers(scene, options, { nextMs, othersMs: probes.report.longestMs });
  } finally {
    await probes.stop();
  }
}

/** Everything that is to come has come: topics are not read in step with each other. */
async function untilDone(
  scene: RecordScene,
  attacks: readonly Attack[],
  name: string,
  letters: () => OracleRecord[],
): Promise<void> {
  const dead = attacks.reduce((sum, attack) => sum + deadIn(attack), 0);
  const missing = (): string[] => eventIdsOf(attacks).filter((eventId) => scene.notified(eventId) === 0);
  const isDone = (): boolean => letters().length >= dead && missing().length === 0;
  await scene.untilHolds('everything has come', isDone, DEADLINE_MS).catch((error: unknown) => {
    const said = [...new Set(letters().map(summaryOf))];
    throw new Error(
      `${letters().length} of ${dead} dead letters came (${said.join('; ')}); no notification of: ${missing().join(', ')}`,
      { cause: error },
    );
  });
  expect(scene.notified(`${name}-next`)).toBe(1);
}

function deadIn({ isUnreadable, records }: Attack): number {
  return isUnreadable ? 1 : records.filter(({ fate }) => fate.kind === 'dead').length;
}

function eventIdsOf(attacks: readonly Attack[]): string[] {
  return attacks.flatMap(({ records, isUnreadable }) =>
    isUnreadable ? [] : records.flatMap(({ fate }) => (fate.kind === 'notified' ? [fate.eventId] : [])),
  );
}

function checkFates(
  scene: RecordScene,
  attacks: readonly Attack[],
  offsets: readonly number[],
  letters: readonly OracleRecord[],
  name: string,
): void {
  const left = new Map(letters.map((letter) => [originOf(letter), letter]));
  expect(left.size, 'dead letters of the same origin').toBe(letters.length);
  for (const [index, { topic, codec, records, isUnreadable }] of attacks.entries()) {
    const origin = (at: number): string => `${scene.prefix}${topic}-${ATTACKED}@${offsets[index]! + at}`;
    if (isUnreadable) {
      const last = offsets[index]! + records.length - 1;
      expect(unreadableFaults(left.get(origin(0)), last, codec), `the dead letter of ${origin(0)}`).toEqual([]);
      left.delete(origin(0));
      continue;
    }
    for (const [at, record] of records.entries()) {
      if (record.fate.kind !== 'dead') continue;
      const faults = letterFaults(left.get(origin(at)), record, record.fate);
      expect(faults, `the dead letter of ${origin(at)}`).toEqual([]);
      left.delete(origin(at));
    }
  }
  expect([...left.keys()], 'dead letters without reason').toEqual([]);
  const expected = eventIdsOf(attacks);
  const seen = [...scene.notifiedIds].filter((id) => id.startsWith(`${name}-`) && !/-(probe|next)/.test(id));
  expect(seen.sort(), 'events that made a notification').toEqual([...expected].sort());
  for (const eventId of expected) expect(scene.notified(eventId), `notifications of ${eventId}`).toBe(1);
}

async function checkWorkers(
  scene: RecordScene,
  { name, shows, holdMs = HOLD_MS, growMb = GROW_MB }: RecordTry,
  times: { readonly nextMs: number; readonly othersMs: number },
): Promise<void> {
  const loops = await Promise.all(scene.workers.map((worker) => worker.loop()));
  const longestMs = Math.max(...loops.map((loop) => loop.longestMs));
  const grewMb = Math.max(...scene.workers.map(({ grewBy }) => grewBy));
  addFigures({ shows, name, workers: scene.workers.length, ...times, holdMs: longestMs, grewMb });
  expect(longestMs, 'CPU time between two turns of the loop, ms').toBeLessThan(holdMs);
  expect(grewMb, 'memory taken beside what it had, MB').toBeLessThan(growMb);
  for (const { process } of scene.workers) {
    await until('the worker is ready', async () => (await readinessOf(process)).status === 200, DEADLINE_MS);
  }
  scene.checkAlive();
}
