/** Faults of what comes in: the registry, the records, the sources' partitions, the producers upstream. */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../integration/harness/until.js';
import type { Sent } from '../../integration/harness/workload.js';
import { bombs } from '../bombs.js';
import type { ChaosCase } from '../case.js';
import { Load } from '../load.js';
import type { RegistryFault } from '../registry-proxy.js';
import { checkMemory } from '../memory.js';

const REGISTRY_FAULTS: readonly RegistryFault[] = [
  'down',
  'error',
  'not-found-page',
  'wrong-body',
  'huge-body',
  'silent',
];

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export const INPUT_CASES: readonly ChaosCase[] = [
  {
    id: '13',
    name: 'partitions added',
    fault:
      'every source topic grows from 3 to 6 partitions under load: a task more, and partitions for those that there were',
    partitions: 3,
    seconds: 50,
    // A copy on the other side of the growth is not caught: the contract says so.
    workload: { repeats: 0 },
    inject: async (round) => {
      await round.at(0.25);
      const topicPartitions = [
        'TASK_EVENT_TOPIC',
        'CRM_EVENT_TOPIC',
        'SALES_EVENT_TOPIC',
        'NOTIFICATION_REQUEST_TOPIC',
        'USER_EVENT_TOPIC',
      ].map((topic) => ({ topic: round.prefix + topic, count: 6 }));
      await round.cluster.admin.createPartitions({ topicPartitions });
      round.partitions = 6;
      await until(
        'the new task is dealt',
        () => round.logged('joined the group').some(({ tasks }) => (tasks as number[]).includes(3)),
        40_000,
      );
      round.effect('task 3 was dealt under load, and two partitions more to the others');
      await round.allReady();
    },
  },
  {
    id: '18',
    name: 'registry broken',
    fault:
      'the registry is down, answers 500, a 404 page, nonsense, 10 MB, or nothing, while workers run and while one starts',
    seconds: 60,
    inject: async (round) => {
      const { registry } = round.cluster;
      for (const fault of REGISTRY_FAULTS) {
        registry.hits = 0;
        registry.fault = fault;
        const member = round.pickMember();
        await round.kill(member);
        round.restart(member);
        await until('the registry is asked', () => registry.hits > 0, 20_000);
        const before = round.witness.count;
        await delay(2500);
        const made = round.witness.count - before;
        const isReady = member.process.logged('started').length > 0;
        registry.fault = 'none';
        await member.process.ready();
        if (!isReady && round.isLoading && made > 0)
          round.effect(`${fault}: ${registry.hits} requests, ${made} outputs by the others meanwhile`);
      }
    },
  },
  {
    id: '19',
    name: 'poison and bombs',
    fault:
      'null, short, unknown, spoofed, truncated, counts of 2^50, 900 KB strings, markup; batches of every codec, one of 64 MB of zeros',
    inject: async (round) => {
      const { poison, good } = bombs(round.workload);
      round.extraPoison.push(...poison);
      for (const [turn, compression] of CODECS.entries()) {
        const load = await Load.start({ brokers: round.cluster.direct, prefix: round.prefix, compression });
        load.send([...poison, ...good].filter((_, index) => index % CODECS.length === turn));
        await load.finish();
      }
      await until(
        'the bombs are dead letters',
        async () => (await round.sumOf('dead_letters_total')) >= poison.length,
        60_000,
      );
      const memory = checkMemory(round);
      round.effect(`${poison.length} bombs; the largest worker took ${memory} MB at its peak`);
    },
  },
  {
    id: '19u',
    name: 'upstream aborts',
    fault: 'producers upstream write in interleaved transactions and abort a half of them: their events must not show',
    inject: async (round) => {
      const producers = await Promise.all(
        ['one', 'two', 'three'].map((name) =>
          Load.start({
            brokers: round.cluster.direct,
            prefix: round.prefix,
            transactionalId: `${round.prefix}upstream-${name}`,
          }),
        ),
      );
      const ghosts = round.workload.events
        .filter(({ message }) => round.workload.expected.has(String(message.key)))
        .slice(0, 400);
      let aborted = 0;
      for (let batch = 0; batch < 40; batch += 1) {
        const producer = producers[batch % producers.length]!;
        producer.send(
          ghosts.slice(batch * 10, batch * 10 + 10).map((sent, index) => impostor(sent, `ghost-${batch}-${index}`)),
        );
        // Another one's transaction begins before this one ends, and it ends after: the broker lists them in that order.
        await delay(60);
        if (batch < 2) continue;
        producers[(batch + 1) % producers.length]!.end('abort');
        aborted += 1;
      }
      for (const producer of producers) producer.end('abort');
      await Promise.all(producers.map((producer) => producer.finish()));
      round.effect(`${aborted} interleaved transactions aborted on the sources`);
    },
  },
];

/** The same event under an id of its own: whoever lets it through makes an output of an event that never was. */
function impostor({ topic, message }: Sent, key: string): Sent {
  const value = message.value as Buffer;
  const id = String(message.key);
  const at = value.indexOf(id);
  const changed =
    at < 0
      ? value
      : Buffer.concat([
          value.subarray(0, at),
          Buffer.from(key.padEnd(id.length, '.').slice(0, id.length)),
          value.subarray(at + id.length),
        ]);
  return { topic, message: { ...message, key, value: changed } };
}
