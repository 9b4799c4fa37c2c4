/** A batch that a broker's disk has damaged: nobody knows what it held, so its partition stops; no other does. */
import { join } from 'node:path';
import { expect } from 'vitest';

import { testStack } from '../../integration/harness/test-stack.js';
import { until } from '../../integration/harness/until.js';
import { good, TASKS } from '../makers.js';
import { ATTACKED, type RecordScene } from '../record-scene.js';
import type { TryGroup } from '../try.js';
import { encodeBatch } from '../wire/batch.js';
import { damageBatch } from '../wire/damage.js';
import { produceRaw } from '../wire/raw-produce.js';

const LEAST_PROBES = 10;
const DEADLINE_MS = 45_000;

async function readinessTexts(scene: RecordScene): Promise<string> {
  const texts = scene.workers.map(async ({ process }) => {
    const { http } = await process.ports();
    return (await fetch(`http://127.0.0.1:${http}/readyz`)).text();
  });
  return (await Promise.all(texts)).join('\n');
}

async function run(scene: RecordScene): Promise<void> {
  const { options, kafkaBrokers } = testStack();
  if (!options) throw new Error('This try damages the disk of a broker of ours: unset KAFKA_BROKERS.');
  const [name, topic] = [scene.nextName(), scene.prefix + TASKS];
  const batch = encodeBatch('none', [good(scene, `${name}-a`), good(scene, `${name}-b`)]);
  // Nobody reads it before it is damaged.
  for (const { process } of scene.workers) process.kill('SIGSTOP');
  await produceRaw(kafkaBrokers, topic, ATTACKED, batch);
  const repair = damageBatch(join(options.root!, 'broker-1', 'data'), topic, ATTACKED, batch);
  for (const { process } of scene.workers) process.kill('SIGCONT');
  const probes = scene.probe(`${name}-probe`);
  try {
    await scene.sendGood(ATTACKED, `${name}-next`);
    await scene.untilHolds('records of others are committed', () => probes.least >= LEAST_PROBES, DEADLINE_MS);
    await until('readiness names it', async () => (await readinessTexts(scene)).includes(`${topic}-${ATTACKED}`));
    expect(scene.notified(`${name}-next`), 'what is behind the damage').toBe(0);
    expect(scene.letters.filter(({ headers }) => JSON.stringify(headers).includes(`${name}-`))).toEqual([]);
  } finally {
    repair();
    await probes.stop();
  }
  const all = [`${name}-a`, `${name}-b`, `${name}-next`];
  const isDone = (): boolean => all.every((eventId) => scene.notified(eventId) === 1);
  await scene.untilHolds('it goes on when the batch is whole again', isDone, DEADLINE_MS);
}

export const DAMAGE: TryGroup<RecordScene> = {
  title: 'damage',
  against: 'one partition on the disk of a broker',
  tries: [
    {
      name: 'a byte of a batch turned over on the broker’s disk',
      holds: 'that partition stops, readiness names it, no other stops; whole again, it goes on',
      before: 'worker ended, and again at each start',
      isShort: true,
      run,
    },
  ],
};
