/** Faults of what a worker keeps on disk, and of where it stands. */
import { closeSync, openSync, renameSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mountSmallDisk, whyNoSmallDisk } from '../../small-disk.js';
import { runKafkaTool } from '../../integration/harness/run-kafka-tool.js';
import { until } from '../../integration/harness/until.js';
import type { ChaosCase } from '../case.js';
import type { Member, Round } from '../round.js';

/** What is done to the data file of a store whose worker does not run. */
const DAMAGES: Readonly<Record<string, (folder: string, random: () => number) => void>> = {
  'overwritten in the middle': (folder, random) => {
    const file = dataFile(folder);
    const size = statSync(file).size;
    const handle = openSync(file, 'r+');
    for (let page = 0; page < 8; page += 1) {
      const at = 4096 * (2 + Math.floor(random() * (size / 4096 - 2)));
      writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, at);
    }
    closeSync(handle);
  },
  'its first pages overwritten': (folder) => {
    const handle = openSync(dataFile(folder), 'r+');
    writeSync(handle, Buffer.alloc(8192, 0x5a), 0, 8192, 0);
    closeSync(handle);
  },
  'cut to a half': (folder) => truncateSync(dataFile(folder), Math.floor(statSync(dataFile(folder)).size / 2)),
  emptied: (folder) => truncateSync(dataFile(folder), 0),
  'replaced by another file': (folder) => writeFileSync(dataFile(folder), 'this is not a store\n'.repeat(5000)),
};

function dataFile(folder: string): string {
  return join(folder, 'data.mdb');
}

async function swapDirectories(round: Round, one: Member, other: Member): Promise<void> {
  await Promise.all([round.kill(one), round.kill(other)]);
  renameSync(one.stateDir, `${one.stateDir}.swapped`);
  renameSync(other.stateDir, one.stateDir);
  renameSync(`${one.stateDir}.swapped`, other.stateDir);
  round.restart(one);
  round.restart(other);
  await round.allReady();
}

export const STATE_CASES: readonly ChaosCase[] = [
  {
    id: '14',
    name: 'offset out of range',
    fault: 'the records at the committed offset are deleted while no worker runs; the operator then resets the offset',
    seconds: 30,
    inject: async (round) => {
      await round.at(0.4);
      for (const member of round.members) await round.stop(member);
      // What is deleted makes no output, so that nothing but the position is at stake.
      const topic = `${round.prefix}SALES_EVENT_TOPIC`;
      await round.endLoad();
      for (const member of round.members) round.restart(member);
      await round.allReady();
      await round.untilDrained();
      for (const member of round.members) await round.stop(member);
      await round.deletePast(topic, 0, 100);
      const first = round.members[0]!;
      round.restart(first);
      const { code } = await round.untilEnded(first);
      const said = first.process.logged('the worker cannot go on');
      if (code === 1 && said.length > 0)
        round.effect('the worker ended with 1 and named the partition and the way out');
      await runKafkaTool(round.cluster.direct, 'consumer.group.ConsumerGroupCommand', [
        ...['--group', round.group, '--topic', `${topic}:0`, '--reset-offsets', '--to-earliest', '--execute'],
      ]);
      for (const member of round.members) round.restart(member);
      await round.allReady();
    },
  },
  {
    id: '15',
    name: 'disk full',
    fault:
      "a worker's state directory is a file system of 32 MB that is filled up under load, and has free space again later",
    hindrance: whyNoSmallDisk,
    seconds: 50,
    inject: async (round) => {
      const disk = mountSmallDisk(32);
      round.onClean(() => disk.unmount());
      const member = round.startMember('small', disk.path);
      await member.process.ready();
      await round.at(0.3);
      disk.fill();
      const said = (): number =>
        member.process.lines.filter((line) => line.includes('the disk of STATE_DIR is full')).length;
      await until('the worker says that its disk is full', () => said() > 0 || member.process.ended, 40_000);
      await delay(5000);
      if (round.isLoading) round.effect(`${member.name} said that its disk is full, and stood still`);
      disk.makeRoom();
      await member.process.ready();
    },
  },
  {
    id: '16',
    name: 'store damaged',
    fault: `a worker is killed and its store ${Object.keys(DAMAGES).join(', ')}; then two workers' stores are swapped`,
    seconds: 60,
    inject: async (round) => {
      for (const [what, damage] of Object.entries(DAMAGES)) {
        const member = round.pickMember();
        await round.kill(member);
        damage(member.stateDir, () => round.random.next());
        round.restart(member);
        await member.process.ready();
        round.effect(
          `the store of ${member.name} was ${what}: ${member.process.logged('store restored').length} tasks restored`,
        );
      }
      const [one, other] = [round.members[0]!, round.members[1]!];
      await swapDirectories(round, one, other);
      round.effect(`the stores of ${one.name} and ${other.name} were swapped`);
    },
  },
];
