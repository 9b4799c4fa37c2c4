import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { quarantinedDamage } from '../../../state/lmdb/quarantine.js';
import { StateEnvironment, writeAtomically } from '../../../state/lmdb/environment.js';
import type { StoreIdentity } from '../../../state/lmdb/identity.js';
import { openState } from '../../../state/open-state.js';
import { FreeSpace } from '../../../state/lmdb/free-space.js';
import { seal } from '../../../state/lmdb/sealed.js';
import { storedTasks, TaskStore } from '../../../state/dedup/task-store.js';
import { FatalError, StoreDamagedError } from '../../../common/errors.js';
import { answersOf, fillState, IDENTITY, SHAPE, temporaryFolder } from './filled-state.js';

let directory: string;
let file: string;
let logged: { readonly msg: string; readonly why?: string; readonly quarantined?: string }[];
beforeEach(() => {
  directory = temporaryFolder();
  file = join(directory, 'data.mdb');
  logged = [];
});

/** Opens it as a worker does, and tells which tasks have a store there. */
async function openedTasks(identity: StoreIdentity = IDENTITY): Promise<number[]> {
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line) as (typeof logged)[number]) });
  const space = new FreeSpace(directory, log);
  const environment = await openState({ directory, identity, space, log }, new AbortController().signal);
  const tasks = [...storedTasks(environment).keys()];
  await environment.close();
  return tasks;
}

const quarantined = (): string[] => (existsSync(join(directory, 'aside')) ? readdirSync(join(directory, 'aside')) : []);

/** Writes into a store that is closed. */
async function tamper(table: string, key: Buffer, value: Buffer): Promise<void> {
  const environment = new StateEnvironment(directory);
  await writeAtomically(environment.table(table), (batch) => batch.put(key, value));
  await environment.close();
}

const checkpointOf = (content: object): Buffer =>
  Buffer.from(JSON.stringify({ format: 4, task: 0, changelogOffset: 5, positions: {}, ...content }));
const CHECKPOINT = Buffer.from([0]);

/** The store went into quarantine as it was, the log says where and why, and the new one is empty and ours. */
async function expectQuarantine(why: string | RegExp, fault = 'damaged'): Promise<void> {
  const before = readFileSync(file);
  expect(await openedTasks()).toEqual([]);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toMatchObject({ fault, quarantined: join(directory, 'aside', quarantined()[0]!) });
  expect(logged[0]!.why).toMatch(why);
  expect(readFileSync(join(logged[0]!.quarantined!, 'data.mdb'))).toHaveLength(before.length);
  expect(quarantinedDamage(directory)).toBe(fault === 'damaged' ? logged[0]!.quarantined : undefined);
  logged = [];
  expect(await openedTasks()).toEqual([]);
  expect(logged).toEqual([]);
}

/** The store stopped the worker, and is as it was. */
async function expectRefused(why: string): Promise<void> {
  const answers = readFileSync(file);
  await expect(openedTasks()).rejects.toThrow(FatalError);
  await expect(openedTasks()).rejects.toThrow(why);
  await expect(openedTasks()).rejects.toThrow('run the version that wrote it, or a newer one');
  expect(quarantined()).toEqual([]);
  expect(readFileSync(file)).toHaveLength(answers.length);
}

/** Processes are started, on a machine that may be busy. */
const SLOW = { timeout: 120_000 };

describe('a state directory that is opened', SLOW, () => {
  it('is new the first time, and keeps what is in it', async () => {
    expect(await openedTasks()).toEqual([]);
    expect(await openedTasks()).toEqual([]);
    await fillState(directory);
    const answers = await answersOf(directory);
    expect(await openedTasks()).toEqual([0, 1]);
    expect(await answersOf(directory)).toBe(answers);
    expect([logged, quarantined()]).toEqual([[], []]);
  });

  it('goes into quarantine when its file was cut off', async () => {
    await fillState(directory);
    truncateSync(file, Math.floor(readFileSync(file).length / 2));
    await expectQuarantine('cut off');
  });

  it('goes into quarantine when its file is empty', async () => {
    writeFileSync(file, '');
    await expectQuarantine('0 bytes');
  });

  it('goes into quarantine when its file is no LMDB file', async () => {
    writeFileSync(file, 'hello '.repeat(10_000));
    await expectQuarantine('does not begin as an LMDB file does');
  });

  it("goes into quarantine when it is another application's", async () => {
    await fillState(directory, { ...IDENTITY, group: 'p.other' });
    await expectQuarantine('it is of p.other, and this is p.app', 'foreign');
  });

  it('goes into quarantine when it is of another Kafka cluster', async () => {
    await fillState(directory, { ...IDENTITY, cluster: 'cluster-2' });
    await expectQuarantine('it is of the Kafka cluster cluster-2, and this is cluster-1', 'foreign');
  });

  it('goes into quarantine when it is an LMDB store, and none of ours', async () => {
    const other = open({ path: directory });
    await other.put('key', { some: 'value' });
    await other.close();
    await expectQuarantine('it does not say whose it is', 'foreign');
  });

  it('goes into quarantine when it is of an older format, as a whole or a task of it', async () => {
    await fillState(directory);
    await tamper('identity', Buffer.from('identity'), Buffer.from(JSON.stringify({ format: 0, ...IDENTITY })));
    await expectQuarantine('old format 0');
    directory = temporaryFolder();
    file = join(directory, 'data.mdb');
    await fillState(directory);
    await tamper('task-0', CHECKPOINT, seal(checkpointOf({ format: 0 })));
    await expectQuarantine('the store of task 0 has the old format 0');
  });

  it("goes into quarantine when a task's table is another task's", async () => {
    await fillState(directory);
    await tamper('task-1', CHECKPOINT, seal(checkpointOf({ task: 0 })));
    await expectQuarantine('the store of task 1 is that of task 0');
  });

  it('goes into quarantine when a checkpoint is not what was written', async () => {
    await fillState(directory);
    const wrong = seal(checkpointOf({}));
    wrong[wrong.indexOf('5')] = '6'.charCodeAt(0);
    await tamper('task-0', CHECKPOINT, wrong);
    await expectQuarantine('the checkpoint of task 0 has a wrong checksum');
  });

  it('stops the worker when it is of a newer format, and is left as it is', async () => {
    await fillState(directory);
    await tamper('identity', Buffer.from('identity'), Buffer.from(JSON.stringify({ format: 2 })));
    await expectRefused('has format 2, this version reads 1');
  });

  it.each([
    ['as we seal it', seal(checkpointOf({ format: 5 }))],
    ['sealed in another way', checkpointOf({ format: 5 })],
  ])('stops the worker when a task of it is of a newer format, %s', async (_, checkpoint) => {
    await fillState(directory);
    await tamper('task-1', CHECKPOINT, checkpoint);
    await expectRefused('the store of task 1 has format 5, this version reads 4');
    await expectRefused('the store of task 1 has format 5'); // and is not taken for one that a process died of
  });

  it('stops the worker when it was written by a newer LMDB', async () => {
    await fillState(directory);
    const bytes = readFileSync(file);
    for (const at of [0, 4096]) bytes.writeUInt32LE(3, at + 28);
    writeFileSync(file, bytes);
    await expectRefused('was written by a newer LMDB (data format 3)');
  });

  it('goes into quarantine when it was found to be damaged while it was in use', async () => {
    await fillState(directory);
    const environment = new StateEnvironment(directory);
    const store = new TaskStore(environment, 0, SHAPE);
    await store.load();
    // The segment in which an event of an early commit lies.
    const segment = Buffer.from([2, 0, 0, 0, 1]);
    await writeAtomically(environment.table('task-0'), (batch) => batch.put(segment, Buffer.from('no segment')));
    expect(() => [...store.buckets()]).toThrow(StoreDamagedError);
    await expect(new TaskStore(environment, 0, SHAPE).load()).rejects.toThrow(
      'The next start moves it into quarantine',
    );
    await environment.close();
    await expectQuarantine('of task 0, segment 1 of its digests has a wrong checksum');
  });

  it('goes into quarantine when two processes in a row died while they opened it', async () => {
    await fillState(directory);
    writeFileSync(join(directory, 'opening'), '1');
    expect(await openedTasks()).toEqual([0, 1]);
    expect(existsSync(join(directory, 'opening'))).toBe(false);
    writeFileSync(join(directory, 'opening'), '2');
    await expectQuarantine('died 2 times');
  });

  it('is marked as being written, and no longer, so that a process that dies in a write is known of', async () => {
    const mark = join(directory, 'writing');
    const environment = new StateEnvironment(directory);
    const written = writeAtomically(environment.table('t'), (batch) => batch.put(Buffer.from('a'), Buffer.from('1')));
    expect(readFileSync(mark, 'utf8')).toBe('0w');
    await written;
    expect(readFileSync(mark, 'utf8')).toBe('0-');
    await environment.close();
    expect(existsSync(mark)).toBe(false);
  });

  it('goes into quarantine when three processes in a row died while they wrote it, as of damage that no reader sees', async () => {
    await fillState(directory);
    const bytes = readFileSync(file);
    // Pages of a transaction that is still to come are taken for the writer's own: it writes into the map, and dies.
    for (let at = 2 * 4096; at < bytes.length; at += 4096) {
      const holdsSegments = bytes.readUInt16LE(at + 18) === 2 && bytes.readUInt16LE(at + 20) <= 4;
      if (holdsSegments) bytes.writeUInt32LE(bytes.readUInt32LE(at + 8) + 1000, at + 8);
    }
    writeFileSync(file, bytes);
    const commit = (): string | null =>
      spawnSync(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'committing-process.ts'), directory])
        .signal;
    expect([commit(), commit(), commit()]).toEqual(['SIGSEGV', 'SIGSEGV', 'SIGSEGV']);
    await expectQuarantine('3 processes in a row died while they wrote it');
  });

  it('is opened without a check when no process can be started, and the log says so', async () => {
    await fillState(directory);
    const { execPath } = process;
    onTestFinished(() => void (process.execPath = execPath));
    process.execPath = join(directory, 'none');
    expect(await openedTasks()).toEqual([0, 1]);
    expect(logged).toEqual([expect.objectContaining({ why: expect.stringContaining('ENOENT') as string })]);
    expect(logged[0]!.msg).toContain('could not be checked');
  });

  it('keeps the first two stores that went into quarantine, and the newest', async () => {
    const contents = ['first', 'second', 'third', 'fourth', 'fifth'];
    for (const content of contents) {
      writeFileSync(file, content);
      await openedTasks();
      await new Promise((resolve) => setTimeout(resolve, 2)); // a name a millisecond
    }
    const kept = quarantined().sort();
    expect(kept.map((name) => readFileSync(join(directory, 'aside', name, 'data.mdb'), 'utf8'))).toEqual([
      'first',
      'second',
      'fifth',
    ]);
  });

  it('is the same store when it was copied whole', async () => {
    await fillState(directory);
    const answers = await answersOf(directory);
    directory = temporaryFolder();
    copyFileSync(file, join(directory, 'data.mdb'));
    expect(await openedTasks()).toEqual([0, 1]);
    expect(await answersOf(directory)).toBe(answers);
  });
});
