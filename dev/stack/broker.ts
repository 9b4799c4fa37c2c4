/** A broker of the stack: Apache Kafka in KRaft mode, broker and controller in one process. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { FatalError, messageOf } from '../../common/errors.js';
import type { Artifacts } from './artifacts.js';
import type { BrokerLayout, Layout, SecuredPorts } from './layout.js';
import { listBrokers } from './list-brokers.js';
import type { MemberSpec } from './member.js';
import { projectRoot } from '../../common/project-root.js';
import {
  prepareSecured,
  readCertificate,
  scramArguments,
  SECURED_LISTENERS,
  securedJava,
  securedProperties,
  USER,
  type Secured,
} from './secured.js';

const run = promisify(execFile);

export function brokerName(id: number): string {
  return `broker-${id}`;
}

/** How to start the broker with this id, and how to see that it serves. */
export function brokerSpec(root: string, layout: Layout, id: number): MemberSpec {
  const broker = brokerOf(layout, id);
  const folder = folderOf(root, id);
  const log = join(folder, 'server.log');
  return {
    name: brokerName(id),
    address: `127.0.0.1:${broker.port}`,
    folder,
    logFiles: [log],
    args: (artifacts) => [
      ...['-Xms64m', `-Xmx${layout.brokerHeapMb}m`, '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'],
      ...(layout.shortLived ? ['-XX:TieredStopAtLevel=1'] : []),
      '-Djava.awt.headless=true',
      ...[`-Dlog4j2.configurationFile=${log4jConfig()}`, `-Dstack.log=${log}`],
      ...(broker.secured ? securedJava(folder) : []),
      ...['-cp', artifacts.kafka, 'kafka.Kafka', configFile(root, id)],
    ],
    prepare: (java, artifacts) => prepareBroker(root, layout, id, java, artifacts),
    answers: () => serves(broker),
  };
}

/** Writes the broker's configuration and, the first time, formats its storage. */
async function prepareBroker(
  root: string,
  layout: Layout,
  id: number,
  java: string,
  artifacts: Artifacts,
): Promise<void> {
  const broker = brokerOf(layout, id);
  await mkdir(folderOf(root, id), { recursive: true });
  await writeFile(configFile(root, id), serverProperties(root, layout, broker));
  if (layout.vouchers) await prepareSecured(folderOf(root, id), layout.vouchers);
  if (existsSync(join(dataFolder(root, id), 'meta.properties'))) return;
  const tool = ['kafka.tools.StorageTool', 'format', '-t', layout.clusterId, '-c', configFile(root, id)];
  if (broker.secured) tool.push(...scramArguments());
  const jvm = [
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Dlog4j2.configurationFile=${log4jConfig()}`,
  ];
  const log = `-Dstack.log=${join(folderOf(root, id), 'format.log')}`;
  try {
    await run(java, [...jvm, log, '-cp', artifacts.kafka, ...tool], { timeout: 60_000 });
  } catch (error) {
    throw new FatalError(`The storage of ${brokerName(id)} could not be formatted: ${messageOf(error)}`, error);
  }
}

/** The broker's configuration. Internal topics are small, so that a first transaction and a first group join are quick. */
function serverProperties(root: string, layout: Layout, broker: BrokerLayout): string {
  const replicas = layout.brokers.length;
  const inSync = replicas >= 3 ? 2 : 1;
  const { front, secured } = broker;
  const tlsListeners = secured
    ? Object.entries(secured).map(
        ([how, port]) => `${SECURED_LISTENERS[how as keyof SecuredPorts]}://127.0.0.1:${port}`,
      )
    : [];
  const voters = layout.brokers.map((one) => `${one.id}@127.0.0.1:${one.controllerPort}`).join(',');
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    listeners: [
      `BROKER://127.0.0.1:${broker.port}`,
      `CONTROLLER://127.0.0.1:${broker.controllerPort}`,
      ...(front ? [`FRONT://127.0.0.1:${front.port}`] : []),
      ...tlsListeners,
    ].join(','),
    'advertised.listeners': [
      `BROKER://127.0.0.1:${broker.port}`,
      ...(front ? [`FRONT://127.0.0.1:${front.advertised}`] : []),
      ...tlsListeners,
    ].join(','),
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map':
      'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,FRONT:PLAINTEXT,SECURED:SASL_SSL,MTLS:SSL,OAUTH:SASL_SSL',
    ...(secured ? securedProperties(folderOf(root, broker.id)) : {}),
    'log.dirs': dataFolder(root, broker.id).replaceAll('\\', '/'),
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // How often it looks for transactions whose time is up; 10 s by default.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.threads': 1,
    // The cleaner takes its buffer from the heap at once; 128 MB by default.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
  return `${Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

/** The way in with TLS and SASL; undefined when the stack was made without one. */
export async function securedOf(root: string, { brokers, vouchers }: Layout): Promise<Secured | undefined> {
  if (vouchers === undefined) return undefined;
  const at = (how: keyof SecuredPorts): string => brokers.map(({ secured }) => `127.0.0.1:${secured![how]}`).join(',');
  return {
    ...{ kafkaBrokers: at('sasl'), byCertificate: at('mtls'), byToken: at('oauth'), vouchers },
    ca: (await Promise.all(brokers.map(({ id }) => readCertificate(folderOf(root, id))))).join(''),
    ...USER,
  };
}

async function serves(broker: BrokerLayout): Promise<boolean> {
  try {
    return (await listBrokers(broker.port)).includes(broker.id);
  } catch {
    // Not listening yet, or gone: both mean no.
    return false;
  }
}

function brokerOf(layout: Layout, id: number): BrokerLayout {
  const broker = layout.brokers.find((one) => one.id === id);
  if (!broker) throw new FatalError(`The stack has no broker ${id}; it has ${layout.brokers.length}.`);
  return broker;
}

/** Its own folder: configuration, logs, data. */
function folderOf(root: string, id: number): string {
  return join(root, brokerName(id));
}

function configFile(root: string, id: number): string {
  return join(folderOf(root, id), 'server.properties');
}

function dataFolder(root: string, id: number): string {
  return join(folderOf(root, id), 'data');
}

function log4jConfig(): string {
  return join(projectRoot(), 'dev', 'stack', 'log4j2.xml');
}
