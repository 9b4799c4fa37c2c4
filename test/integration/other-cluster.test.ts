/**
 * A move to another cluster, as docs/day-2/move-cluster.md says, with MirrorMaker. Runs when MIRROR_JARS names its jars.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endOffsets } from '../../dev/oracle/offsets.js';
import { planLayout } from '../../dev/stack/layout.js';
import { placeOf } from '../../dev/stack/place.js';
import { reset, startBroker } from '../../dev/stack/stack.js';
import { prepareEnvironment } from './harness/environment.js';
import { guardStack } from './harness/guard.js';
import { mirrorJars, startMirror } from './harness/mirror-maker.js';
import { differencesOf, outputRecords, produceAll, untilProcessed } from './harness/outcome.js';
import { testStack, useStack } from './harness/test-stack.js';
import { INPUT_TOPICS } from './harness/topics.js';
import { until } from './harness/until.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

const PARTITIONS = 3;
const EVENTS = 9_000;

describe.skipIf(mirrorJars() === undefined)('a move to another cluster', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'notification-streams-other-cluster-'));
    guardStack(root);
  });
  afterAll(async () => {
    useStack(undefined);
    await reset({ root });
  });

  it(
    'notifies of each event once, on one of the two, with the addresses of the users',
    { timeout: 240_000 },
    async () => {
      const test = await prepareEnvironment('other-cluster', PARTITIONS);
      const workload = makeWorkload({ seed: 181, events: EVENTS, ids: test.ids, repeats: 0 });
      const [before, during, after] = [0, 1, 2].map((index) =>
        workload.events.slice((index * EVENTS) / 3, ((index + 1) * EVENTS) / 3),
      );
      const shared = testStack();
      const old = startWorker({ env: test.env('old') });
      await old.ready();
      await produceAll(test.prefix, [...workload.users, ...before!]);
      await untilProcessed(test.prefix);

      await planLayout(placeOf({ root, shortLived: true }));
      const { kafkaBrokers } = await startBroker({ root });
      const both = [shared.kafkaBrokers, kafkaBrokers];
      const env = { ...test.env('new'), KAFKA_BROKERS: kafkaBrokers };
      const create = startWorker({ env, args: ['topics', 'create', '--partitions', String(PARTITIONS)] });
      expect((await create.exited).code, create.lines.join('\n')).toBe(0);
      const topics = INPUT_TOPICS.map((topic) => test.prefix + topic);
      const stopMirror = await startMirror(mirrorJars()!, shared.kafkaBrokers, kafkaBrokers, topics);
      await produceAll(test.prefix, during!);
      await untilProcessed(test.prefix);
      const isMirrored = async (): Promise<boolean> => {
        const [there, here] = await Promise.all(both.map((brokers) => endOffsets({ brokers, topics })));
        return isDeepStrictEqual(there, here);
      };
      await until('all that was sent is mirrored', isMirrored, 120_000);
      expect((await old.stop()).code).toBe(0);
      const startFrom = new Date().toISOString();
      const moved = startWorker({ env: { ...env, START_FROM: startFrom } });
      await moved.ready();
      await stopMirror();

      useStack({ ...shared, kafkaBrokers, options: { root } });
      await produceAll(test.prefix, after!);
      await untilProcessed(test.prefix);
      expect((await moved.stop()).code).toBe(0);
      const records = await Promise.all(both.map((brokers) => outputRecords(test.prefix, brokers)));
      expect(records.map((list) => list.length > EVENTS / 10)).toEqual([true, true]);
      expect(differencesOf(test.prefix, workload, records.flat())).toEqual([]);
    },
  );
});
