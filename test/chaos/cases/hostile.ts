/** Records and batches made to hurt, during load: they cost themselves, and nobody else a second. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { request, task } from '../../contract/events.js';
import type { Dead } from '../../hostile/letters.js';
import { headersOf, type RawHeaders } from '../../hostile/wire/batch.js';
import { damageBatch } from '../../hostile/wire/damage.js';
import { run, type Content } from '../../hostile/wire/pieces.js';
import { encode } from '../../integration/harness/avro.js';
import { until } from '../../integration/harness/until.js';
import type { ChaosCase } from '../case.js';
import { sendHostile, type HostileBatch, type HostileRecord } from '../hostile-batches.js';
import { checkMemory } from '../memory.js';
import { leaderOf } from '../roles.js';
import type { Round } from '../round.js';

const MB = 1024 * 1024;
const ATTACKED = 0;
const TASKS = 'TASK_EVENT_TOPIC';
const BAD_MAGIC: Dead = { kind: 'dead', reasons: ['bad-magic'] };
const TOO_LARGE: Dead = { kind: 'dead', reasons: ['too-large'] };
/** Another partition's outputs may not stay away for longer than this, ms; what a busy machine adds is in it. */
const PAUSE_MS = 10_000;
/** 10^5 headers cost under 20 ms; what the load takes of a turn comes on top. */
const LONGEST_TURN_MS = 150;

function poison(value: Content, dead = BAD_MAGIC, more: Partial<HostileRecord> = {}): HostileRecord {
  return { key: 'poison', value, dead, ...more };
}

/** A good event that makes one in-app notification. */
function good(round: Round, eventId: string, headers?: RawHeaders): HostileRecord {
  const value = encode('TaskEvent', round.ids.get('TaskEvent')!, task({ eventId, eventType: 'TASK_COMPLETED' }));
  return { key: eventId, value, ...(headers ? { headers } : {}) };
}

/** An event that is good except for its size. */
function largeEvent(round: Round, eventId: string, bytes: number): HostileRecord {
  const event = request({ eventId, title: 'x'.repeat(bytes), channels: ['IN_APP'] });
  return {
    key: eventId,
    value: encode('NotificationRequestEvent', round.ids.get('NotificationRequestEvent')!, event),
    dead: TOO_LARGE,
  };
}

/** Sends one batch after another to the same partition, and counts what the others made until all are behind it. */
async function attack(round: Round, batches: readonly HostileBatch[]): Promise<void> {
  const [before, last] = [round.witness.count, batches.length - 1];
  for (const [index, batch] of batches.entries()) {
    await sendHostile(round, batch, ATTACKED);
    if (index < last) await delay(500);
  }
  const eventId = `behind-${round.random.below(1e9)}`;
  await sendHostile(round, { topic: TASKS, codec: 'none', records: [good(round, eventId)] }, ATTACKED);
  await until('what is behind them is processed', () => round.witness.firstSeen.has(eventId), 60_000);
  const ended = round.members.filter(({ process }) => process.ended);
  if (ended.length === 0) {
    const made = round.witness.count - before;
    round.effect(
      `${batches.length} batches to one partition; ${made} outputs meanwhile, no worker ended; the largest took ${checkMemory(round)} MB`,
    );
  }
}

export const HOSTILE_CASES: readonly ChaosCase[] = [
  {
    id: '27',
    name: 'oversize on the way out',
    fault:
      'batches of gzip to one partition: 3 MB of poison, an event with a title of 2 MB, a key of 2 MB, 2 MB of headers, a header name of 450 KB that is no UTF-8',
    resumeWithinMs: PAUSE_MS,
    inject: (round) =>
      attack(round, [
        { topic: TASKS, codec: 'gzip', records: [good(round, 'a'), poison([run(0xff, 3 * MB)]), good(round, 'b')] },
        { topic: 'NOTIFICATION_REQUEST_TOPIC', codec: 'gzip', records: [largeEvent(round, 'large', 2 * MB)] },
        { topic: TASKS, codec: 'gzip', records: [poison('poison', BAD_MAGIC, { key: [run('k', 2 * MB)] })] },
        {
          topic: TASKS,
          codec: 'gzip',
          records: [poison('poison', BAD_MAGIC, { headers: headersOf([['large', Buffer.alloc(2 * MB, 'h')]]) })],
        },
        {
          topic: TASKS,
          codec: 'none',
          records: [
            poison(Buffer.concat([Buffer.from([0xff]), randomBytes(200_000)]), BAD_MAGIC, {
              headers: headersOf([[Buffer.alloc(450_000, 0xff), 'v']]),
            }),
          ],
        },
      ]),
  },
  {
    id: '28',
    name: 'unreadable or huge batch',
    fault:
      'batches to one partition: 32 KB that unpack to 1 GB, 3.7 KB that hold one record of 120 MB, 900 KB of gzip that unpack to 900 MB; then one that is damaged on the disk of its leader',
    resumeWithinMs: PAUSE_MS,
    inject: async (round) => {
      await attack(round, [
        {
          topic: TASKS,
          codec: 'zstd',
          isUnreadable: true,
          records: [good(round, 'a'), poison([run(0xff, 1024 * MB)])],
        },
        {
          topic: TASKS,
          codec: 'zstd',
          records: [good(round, 'b'), poison([run(0xff, 120 * MB)], TOO_LARGE), good(round, 'c')],
        },
        { topic: TASKS, codec: 'gzip', isUnreadable: true, records: [poison([run(0xff, 900 * MB)])] },
      ]);
      await damage(round);
    },
  },
  {
    id: '29',
    name: 'header and key floods',
    fault: '10^5 headers of one name, on poison and on events; keys of 1 MB; to one partition, again and again',
    nodeArgs: ['--import', join(import.meta.dirname, '../../hostile/preload/loop-watch.mjs')],
    resumeWithinMs: PAUSE_MS,
    inject: async (round) => {
      const flood: RawHeaders = { count: 100_000, bytes: [run(0, 200_000)] };
      for (const { process } of round.members) process.kill('SIGUSR2');
      await attack(
        round,
        Array.from({ length: 5 }, (_, index) => ({
          topic: TASKS,
          codec: 'gzip' as const,
          records: [
            poison('poison', BAD_MAGIC, { headers: flood }),
            good(round, `flood-${index}`, flood),
            poison('poison', BAD_MAGIC, { key: [run('k', MB)] }),
          ],
        })),
      );
      await checkLoops(round);
    },
  },
];

/** Two records that nobody reads before a byte of theirs is turned over where their leader keeps them. */
async function damage(round: Round): Promise<void> {
  const topic = round.prefix + TASKS;
  const before = round.witness.count;
  const leader = await leaderOf(round, topic, ATTACKED);
  for (const { process } of round.members) process.kill('SIGSTOP');
  const records = [good(round, 'damaged-a'), good(round, 'damaged-b')];
  const batch = await sendHostile(round, { topic: TASKS, codec: 'none', records }, ATTACKED);
  const repair = damageBatch(round.cluster.dataFolder(leader), topic, ATTACKED, batch);
  for (const { process } of round.members) process.kill('SIGCONT');
  try {
    await until('the others go on', () => round.witness.count > before + 500, 60_000);
    await until('readiness names the partition', () => readinessNames(round, `${topic}-${ATTACKED}`), 30_000);
    if (round.witness.firstSeen.has('damaged-a')) round.unexpected.push('a damaged batch was read');
  } finally {
    repair();
  }
  await until('it is read when it is whole', () => round.witness.firstSeen.has('damaged-b'), 60_000);
  round.effect('a batch damaged on disk stopped its partition alone, and was read when it was whole again');
}

async function readinessNames(round: Round, what: string): Promise<boolean> {
  for (const { process } of round.members) {
    const { http } = await process.ports();
    const reply = await fetch(`http://127.0.0.1:${http}/readyz`);
    if ((await reply.text()).includes(what)) return true;
  }
  return false;
}

/** No turn of a worker's loop took long, by the CPU time of its thread, and each still answers. */
async function checkLoops(round: Round): Promise<void> {
  const turns: number[] = [];
  for (const { process } of round.members) {
    const before = process.logged('loop').length;
    process.kill('SIGUSR2');
    const { longestMs } = await until('the loop comes round', () => process.logged('loop')[before]);
    turns.push(Number(longestMs));
    const { http } = await process.ports();
    const reply = await fetch(`http://127.0.0.1:${http}/livez`, { signal: AbortSignal.timeout(5000) });
    if (!reply.ok) round.unexpected.push(`/livez answers ${reply.status}`);
  }
  const longest = Math.max(...turns);
  if (longest > LONGEST_TURN_MS) round.unexpected.push(`a turn of the loop took ${longest} ms of CPU time`);
  else round.effect(`the longest turn of any loop took ${longest} ms of CPU time`);
}
