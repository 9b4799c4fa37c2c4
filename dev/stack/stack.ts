/**
 * The newcomer's stack: real Kafka brokers and a real Schema Registry as processes of their own, on free loopback ports.
 * They outlive the command that starts them; `up` finds again what runs, and starts only what does not.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';

import { FatalError } from '../../common/errors.js';
import { fetchArtifacts } from './artifacts.js';
import { brokerName, brokerSpec, securedOf } from './broker.js';
import { findJava } from './java.js';
import { checkBrokers, planLayout, readLayout, type Layout } from './layout.js';
import { withLock } from './lock.js';
import { pidOf, startMember, stopMember, whenAnswering, type MemberSpec } from './member.js';
import { placeOf, type StackOptions, type StackPlace } from './place.js';
import { REGISTRY, registrySpec, registryUrl } from './registry.js';
import type { Secured } from './secured.js';

export interface StackInfo {
  readonly root: string;
  /** Bootstrap servers, comma-separated. */
  readonly kafkaBrokers: string;
  readonly schemaRegistryUrl: string;
  /** The second way in of each broker, when the stack was made with one. */
  readonly fronts: readonly { readonly port: number; readonly advertised: number }[];
  /** The way in with TLS and SASL, when the stack was made with one. */
  readonly secured: Secured | undefined;
  /** Names and pids of the processes. */
  readonly members: readonly { readonly name: string; readonly pid: number }[];
  /** Names of the members that this call has started; empty when all were found running. */
  readonly started: readonly string[];
}

export interface MemberStatus {
  readonly name: string;
  readonly address: string;
  /** Undefined when it does not run. */
  readonly pid: number | undefined;
  readonly answers: boolean;
}

/**
 * Starts what does not run yet and waits until everything answers.
 * @throws FatalError that says what to install, or shows the end of the log; what this call started is stopped again.
 */
export function up(options: StackOptions = {}): Promise<StackInfo> {
  const place = placeOf(options);
  return withLock(place.root, place.deadlineMs, async () => {
    const running = await isRunning(place.root);
    const layout = (running ? await readLayout(place.root) : undefined) ?? (await planLayout(place));
    checkBrokers(place, layout);
    return startMembers(place, layout, specsOf(place.root, layout));
  });
}

/** What each member does now; undefined when there is no stack. */
export async function status(options: StackOptions = {}): Promise<readonly MemberStatus[] | undefined> {
  const { root } = placeOf(options);
  const layout = await readLayout(root);
  if (!layout) return undefined;
  return Promise.all(
    specsOf(root, layout).map(async ({ name, address, answers }) => ({
      name,
      address,
      pid: await pidOf(root, name),
      answers: await answers(),
    })),
  );
}

/**
 * Stops everything that runs and waits until it is gone; the data stay.
 * @returns the names of the members that ran.
 */
export async function down(options: StackOptions = {}): Promise<readonly string[]> {
  const place = placeOf(options);
  if (!existsSync(place.root)) return [];
  return withLock(place.root, place.deadlineMs, () => stopAll(place));
}

/** Stops everything and deletes the data (not the fetched artifacts). */
export async function reset(options: StackOptions = {}): Promise<readonly string[]> {
  const { root } = placeOf(options);
  const stopped = await down(options);
  await rm(root, { recursive: true, force: true });
  return stopped;
}

/** Stops one broker; see stopOne. */
export const stopBroker = (options: StackOptions = {}, id = 1, graceMs?: number): Promise<boolean> =>
  stopOne(brokerName(id), options, graceMs);

/** Starts a stopped broker again; see startOne. */
export const startBroker = (options: StackOptions = {}, id = 1): Promise<StackInfo> =>
  startOne(brokerName(id), options);

/** Stops the registry; see stopOne. */
export const stopRegistry = (options: StackOptions = {}, graceMs?: number): Promise<boolean> =>
  stopOne(REGISTRY, options, graceMs);

/** Starts the stopped registry again; see startOne. */
export const startRegistry = (options: StackOptions = {}): Promise<StackInfo> => startOne(REGISTRY, options);

/** What a process must be told to use the stack, as lines for a shell. */
export function formatExports(info: Pick<StackInfo, 'kafkaBrokers' | 'schemaRegistryUrl'>): string {
  return `export KAFKA_BROKERS=${info.kafkaBrokers}\nexport SCHEMA_REGISTRY_URL=${info.schemaRegistryUrl}\n`;
}

/** Starts one member again, on the ports that it had, with its data. */
function startOne(name: string, options: StackOptions = {}): Promise<StackInfo> {
  const place = placeOf(options);
  return withLock(place.root, place.deadlineMs, async () => {
    const layout = await existingLayout(place.root);
    return startMembers(place, layout, [specNamed(place.root, layout, name)]);
  });
}

/**
 * Stops one member and waits until it is gone; SIGKILL when `graceMs` is 0.
 * @returns whether it ran.
 */
function stopOne(name: string, options: StackOptions = {}, graceMs?: number): Promise<boolean> {
  const place = placeOf(options);
  return withLock(place.root, place.deadlineMs, async () => {
    const { name: known } = specNamed(place.root, await existingLayout(place.root), name);
    return stopMember(place.root, known, graceMs);
  });
}

async function startMembers(place: StackPlace, layout: Layout, specs: readonly MemberSpec[]): Promise<StackInfo> {
  const { root } = place;
  const missing: MemberSpec[] = [];
  for (const spec of specs) if ((await pidOf(root, spec.name)) === undefined) missing.push(spec);
  try {
    if (missing.length > 0) {
      const java = await findJava(place.env);
      const artifacts = await fetchArtifacts(place);
      place.progress(`Starting ${missing.map((spec) => `${spec.name} (${spec.address})`).join(', ')} ...`);
      await Promise.all(missing.map((spec) => startMember(root, spec, java, artifacts)));
    }
    const deadline = Date.now() + place.deadlineMs;
    await Promise.all(specs.map((spec) => whenAnswering(root, spec, deadline)));
  } catch (error) {
    for (const spec of missing) await stopMember(root, spec.name, 0);
    throw error;
  }
  return infoOf(root, layout, missing);
}

async function infoOf(root: string, layout: Layout, started: readonly MemberSpec[]): Promise<StackInfo> {
  const members: { name: string; pid: number }[] = [];
  for (const { name } of specsOf(root, layout)) {
    const pid = await pidOf(root, name);
    if (pid !== undefined) members.push({ name, pid });
  }
  return {
    root,
    kafkaBrokers: layout.brokers.map((broker) => `127.0.0.1:${broker.port}`).join(','),
    schemaRegistryUrl: registryUrl(layout),
    fronts: layout.brokers.flatMap(({ front }) => (front ? [front] : [])),
    secured: await securedOf(root, layout),
    members,
    started: started.map((spec) => spec.name),
  };
}

/** All at once: of three brokers stopped one by one, the last would wait in vain for a quorum. */
async function stopAll(place: StackPlace): Promise<readonly string[]> {
  const layout = await readLayout(place.root);
  if (!layout) return [];
  const names = specsOf(place.root, layout).map((spec) => spec.name);
  const ran = await Promise.all(names.map((name) => stopMember(place.root, name)));
  return names.filter((_, index) => ran[index]);
}

async function isRunning(root: string): Promise<boolean> {
  const layout = await readLayout(root);
  if (!layout) return false;
  const pids = await Promise.all(specsOf(root, layout).map((spec) => pidOf(root, spec.name)));
  return pids.some((pid) => pid !== undefined);
}

async function existingLayout(root: string): Promise<Layout> {
  const layout = await readLayout(root);
  if (!layout) throw new FatalError(`There is no stack in ${root}.`);
  return layout;
}

function specsOf(root: string, layout: Layout): MemberSpec[] {
  return [...layout.brokers.map(({ id }) => brokerSpec(root, layout, id)), registrySpec(root, layout)];
}

function specNamed(root: string, layout: Layout, name: string): MemberSpec {
  const specs = specsOf(root, layout);
  const spec = specs.find((one) => one.name === name);
  if (!spec) {
    throw new FatalError(`The stack has no member ${name}; it has ${specs.map((one) => one.name).join(', ')}.`);
  }
  return spec;
}
