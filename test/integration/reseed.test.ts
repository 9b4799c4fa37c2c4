/** A changelog that was emptied beside a store that holds something: the store may be the only good copy. */
import { describe, expect, it } from 'vitest';
import { configureTopic } from './harness/configure-topic.js';
import { prepareEnvironment } from './harness/environment.js';
import { differences, produceAll, untilProcessed } from './harness/outcome.js';
import { testStack } from './harness/test-stack.js';
import { recreateTopic } from './harness/topics.js';
import { startWorker } from './harness/worker.js';
import { makeWorkload } from './harness/workload.js';

describe('an emptied changelog', () => {
  it('stops the worker, and is written again from the store by the command that the message names', async () => {
    const test = await prepareEnvironment('reseed', 2);
    const workload = makeWorkload({ seed: 3, events: 2000, ids: test.ids, poison: 0 });
    await produceAll(test.prefix, [...workload.users, ...workload.events]);
    const first = startWorker({ env: test.env() });
    await first.ready();
    await untilProcessed(test.prefix);
    await first.stop();
    await recreateTopic(testStack().kafkaBrokers, `${test.prefix}app-dedup-changelog`, 2);
    await recreateTopic(testStack().kafkaBrokers, `${test.prefix}app-user-directory`, 2);
    await configureTopic(`${test.prefix}app-user-directory`, 'cleanup.policy', 'compact');

    const refused = startWorker({ env: test.env() });
    expect((await refused.exited).code).toBe(1);
    expect(refused.lines.join('\n')).toContain('state reseed');

    const reseed = startWorker({ env: test.env(), args: ['state', 'reseed'] });
    expect((await reseed.exited).code).toBe(0);
    expect(reseed.lines.filter((line) => line.includes('entries written')).length).toBe(2);

    expect(reseed.lines.join('\n')).toContain(`${workload.users.length} users written`);

    await produceAll(test.prefix, workload.events.slice(0, 500)); // all of them repeats
    const again = startWorker({ env: test.env('elsewhere') }); // nothing on disk: it has only the changelog
    await again.ready();
    await untilProcessed(test.prefix);
    expect(await differences(test.prefix, workload)).toEqual([]);
    await again.stop();
  });
});
