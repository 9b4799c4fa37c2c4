/** Kafka's MirrorMaker 2 between two clusters, as docs/day-2/move-cluster.md sets it up. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava } from '../../../dev/stack/java.js';
import { guardProcess } from './guard.js';

const MAIN = 'org.apache.kafka.connect.mirror.MirrorMaker';
const INTERNAL_TOPICS = ['replication', 'offset-syncs.topic.replication', 'checkpoints.topic.replication'];
const WORKER_TOPICS = ['offset', 'status', 'config'].map((kind) => `${kind}.storage.replication`);

/** The folder of its jars (`connect-mirror` and what it needs), which MIRROR_JARS names; undefined when it names none. */
export function mirrorJars(): string | undefined {
  return process.env['MIRROR_JARS'];
}

/** Mirrors these topics from the beginning, under their names; gives what ends it. */
export async function startMirror(
  jars: string,
  from: string,
  to: string,
  topics: readonly string[],
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-mirror-'));
  const file = join(folder, 'mirror.properties');
  const settings = {
    clusters: 'old,new',
    'old.bootstrap.servers': from,
    'new.bootstrap.servers': to,
    'old->new.enabled': true,
    'old->new.topics': topics.join(','),
    'replication.policy.class': 'org.apache.kafka.connect.mirror.IdentityReplicationPolicy',
    'sync.group.offsets.enabled': false,
    'emit.checkpoints.enabled': false,
    'emit.heartbeats.enabled': false,
    'sync.topic.acls.enabled': false,
    ...Object.fromEntries([...INTERNAL_TOPICS, ...WORKER_TOPICS].map((name) => [`${name}.factor`, 1])),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(file, lines.join(''));
  const child = spawn(await findJava(process.env), ['-Xmx256m', '-cp', join(jars, '*'), MAIN, file], {
    stdio: 'ignore',
  });
  guardProcess(child.pid!);
  const ended = new Promise((resolve) => child.once('close', resolve));
  return async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  };
}
