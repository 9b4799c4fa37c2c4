/** One round of one case: a deployment of its own on the cluster, load on it, a fault, and then the verdict. */
import { SOURCES } from '../../dev/contract/sources.js';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../dev/simulators/random.js';
import { registerSchemas } from '../../schemas/registry/register.js';
import { RegistryClient } from '../../schemas/registry/registry-client.js';
import { JWT_SECRET } from '../integration/harness/jwt-secret.js';
import { produce } from '../integration/harness/produce.js';
import { scrape } from '../integration/harness/scrape.js';
import { createTopics, INPUT_TOPICS } from '../integration/harness/topics.js';
import { uniquePrefix } from '../integration/harness/unique-prefix.js';
import { until } from '../integration/harness/until.js';
import { spawnWorker, type Exit, type WorkerProcess } from '../integration/harness/worker-process.js';
import { makeWorkload, type Sent, type Workload } from '../integration/harness/workload.js';
import type { ChaosCase } from './case.js';
import type { Cluster } from './cluster.js';
import type { LetterCheck } from './hostile-batches.js';
import { Load } from './load.js';
import { watchSocketsOf } from './socket-owner.js';
import { WATCHED_TOPICS, Witness } from './witness.js';

export interface RoundOptions {
  readonly seed: number;
  readonly events: number;
  /** Records a second, when the case does not say how long its load lasts. */
  readonly rate: number;
  /** What is left of the load when the fault is over comes at once, not at its rate. */
  readonly hurries?: boolean;
  /** Modules that every worker's node imports first: a defect put in on purpose. */
  readonly nodeArgs?: readonly string[];
  /** A folder that is given every worker's log. */
  readonly logs?: string;
  readonly progress: (line: string) => void;
}

/** A worker of the round, which keeps its name and its state directory over restarts. */
export interface Member {
  readonly name: string;
  readonly stateDir: string;
  /** The script that it runs; undefined for this version's own. */
  entry: string | undefined;
  process: WorkerProcess;
  /** Ends that were part of the fault. */
  readonly expectedEnds: Set<WorkerProcess>;
}

/** What a worker logs when it must read from the brokers what became of a commit. */
export const OUTCOME_UNKNOWN = 'the outcome of a commit is unknown: it is read from the brokers';

const APP = 'app';
const DRAINED_MS = 180_000;
const FIRST_EVENTS = 500;

export class Round {
  readonly case: ChaosCase;
  readonly cluster: Cluster;
  readonly options: RoundOptions;
  readonly random: Random;
  readonly prefix: string;
  readonly root: string;
  readonly members: Member[] = [];
  /** Evidence that the fault had an effect. */
  readonly effects: string[] = [];
  /** Records sent beside the workload that must be dead-lettered. */
  readonly extraPoison: Sent[] = [];
  /** What the dead letters of hostile batches must be, by their origin. */
  readonly letterChecks = new Map<string, LetterCheck>();
  /** Every process that ran, for its log. */
  readonly processes: WorkerProcess[] = [];
  readonly unexpected: string[] = [];
  /** What clients of the gateways did not see as the topic has it. */
  readonly unseen: string[] = [];
  /** What they saw. */
  shown = 0;
  /** Schema ids by record. */
  ids: ReadonlyMap<string, number> = new Map();
  workload!: Workload;
  load!: Load;
  witness!: Witness;
  partitions: number;
  /** The load has ended and everything is acknowledged. */
  finished = false;
  readonly #stop = new AbortController();
  readonly #undo: (() => void)[] = [];
  #loading = false;
  #injecting = true;
  #loadedAt = 0;
  #loadMs = 0;

  constructor(chaosCase: ChaosCase, cluster: Cluster, options: RoundOptions) {
    this.case = chaosCase;
    this.cluster = cluster;
    this.options = options;
    this.random = new Random(options.seed);
    this.prefix = uniquePrefix(`chaos-${chaosCase.id}`);
    this.root = mkdtempSync(join(tmpdir(), 'notification-streams-round-'));
    this.partitions = chaosCase.partitions ?? 6;
  }

  get group(): string {
    return this.prefix + APP;
  }

  get changelog(): string {
    return `${this.prefix}${APP}-dedup-changelog`;
  }

  /** Topics, schemas, accounts, workers that are ready, a witness that watches. */
  async prepare(): Promise<void> {
    const { direct, registryUrl } = this.cluster;
    await createTopics(direct, this.prefix, this.partitions);
    const registered = await registerSchemas(new RegistryClient({ url: registryUrl }), SOURCES, (topic) =>
      topic === 'USER_DIRECTORY' ? `${this.prefix}${APP}-user-directory` : this.prefix + topic,
    );
    this.ids = new Map(registered.map(({ record, id }) => [record.split('.').at(-1)!, id]));
    this.workload = makeWorkload({
      seed: this.options.seed,
      events: this.options.events,
      ids: this.ids,
      ...this.case.workload,
    });
    this.load = await Load.start({ brokers: direct, prefix: this.prefix });
    this.load.send(this.workload.users);
    // A worker's first start reads the accounts that are there.
    await until('the accounts are there', () => this.load.acknowledged.length >= this.workload.users.length);
    this.witness = new Witness(direct, this.prefix);
    for (let index = 0; index < (this.case.workers ?? 3); index += 1) this.startMember(String.fromCharCode(97 + index));
    await this.allReady();
    // At a first start the accounts come before everything else: the fault is to meet all sources.
    this.load.send(this.workload.events.slice(0, FIRST_EVENTS));
    await this.untilDrained();
  }

  /** Runs the load and the fault at the same time, then waits until everything is processed. */
  async run(): Promise<void> {
    const events = this.workload.events.slice(FIRST_EVENTS);
    const rate = this.case.seconds ? events.length / this.case.seconds : this.options.rate;
    this.#loading = true;
    this.#loadedAt = performance.now();
    this.#loadMs = (events.length / rate) * 1000;
    const loading = this.load
      .sendAt(
        { rate, rateAfter: this.options.hurries ? Infinity : rate },
        events,
        () => this.#injecting,
        this.#stop.signal,
      )
      .finally(() => (this.#loading = false));
    const before = this.witness.count;
    await until('the load comes through', () => this.witness.count > before + 200, 60_000);
    await this.case.inject(this);
    this.#injecting = false;
    await loading;
    if (!this.finished) await this.load.finish();
    await this.cluster.heal();
    await this.untilDrained();
  }

  /** True while the load goes on. */
  get isLoading(): boolean {
    return this.#loading;
  }

  /** Waits for a share of the load's time, from 0 to 1, counted from its beginning. */
  async at(share: number): Promise<void> {
    const left = this.#loadedAt + share * this.#loadMs - performance.now();
    if (left > 0) await delay(left);
  }

  /** Sends what is left, and waits until it is acknowledged. */
  async endLoad(): Promise<void> {
    this.#injecting = false;
    await until('the load has come to its end', () => !this.#loading, 120_000);
    await this.load.finish();
    this.finished = true;
  }

  /** To be done when the round is over, however it went. */
  onClean(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Something that shows that the fault was one. */
  effect(what: string): void {
    this.effects.push(what);
    this.options.progress(`  ${this.case.id}: ${what}`);
  }

  // ── workers ────────────────────────────────────────────────────────────────────────────────────────────────────

  env(stateDir: string, over: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      KAFKA_BROKERS: this.cluster.proxied,
      SCHEMA_REGISTRY_URL: this.cluster.registry.url,
      TOPIC_PREFIX: this.prefix,
      APP_ID: APP,
      STATE_DIR: stateDir,
      START_FROM: 'earliest',
      ROLES: 'stream',
      HTTP_HOST: '127.0.0.1',
      GATEWAY_HOST: '127.0.0.1',
      JWT_SECRET,
      SESSION_TIMEOUT_MS: '6000',
      MAX_TASKS: '4',
      LOG_LEVEL: 'debug',
      ...(this.case.isLimited ? this.cluster.limited : {}),
      ...this.case.env,
      ...over,
    };
  }

  /** `stateDir`: a folder of the round's own by default. */
  startMember(name: string, stateDir = join(this.root, name)): Member {
    mkdirSync(stateDir, { recursive: true });
    const entry = this.case.entry?.();
    const process = this.#spawn(stateDir, {}, [], entry);
    const member: Member = { name, stateDir, entry, process, expectedEnds: new Set() };
    this.members.push(member);
    this.#watch(member);
    return member;
  }

  /** Starts the worker again on its own state directory. */
  restart(member: Member, over: Readonly<Record<string, string>> = {}, nodeArgs: readonly string[] = []): void {
    member.process = this.#spawn(member.stateDir, over, nodeArgs, member.entry);
    this.#watch(member);
  }

  /** Deletes the worker's state directory; it must not run. */
  wipe(member: Member): void {
    rmSync(member.stateDir, { recursive: true, force: true });
    mkdirSync(member.stateDir, { recursive: true });
  }

  /** Appends so many tombstones to a partition, and deletes everything up to their end. */
  async deletePast(topic: string, partition: number, count: number): Promise<void> {
    const { admin, direct } = this.cluster;
    await produce(
      direct,
      topic,
      Array.from({ length: count }, () => ({ key: 'tombstone', value: null, partition })),
    );
    const ends = await admin.fetchTopicOffsets(topic);
    const end = ends.find((one) => one.partition === partition)!.offset;
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: end }] });
  }

  /** A metric as the scrapes of all members have it now, added up over them and over the labels that are not given. */
  async sumOf(metric: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const scrapes = await Promise.all(this.members.map(({ process }) => scrape(process)));
    return scrapes
      .flat()
      .filter((sample) => sample.name === metric)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** SIGKILL, expected. */
  async kill(member: Member): Promise<void> {
    member.expectedEnds.add(member.process);
    member.process.kill('SIGKILL');
    await member.process.exited;
  }

  /** SIGTERM, after which the worker is to end with 0. */
  async stop(member: Member): Promise<Exit> {
    member.expectedEnds.add(member.process);
    const exit = await member.process.stop('SIGTERM', 20_000);
    if (exit.code !== 0) this.unexpected.push(`${member.name} ended with ${JSON.stringify(exit)} on SIGTERM`);
    return exit;
  }

  /** The worker is to end by itself with this code, or by this signal. */
  async untilEnded(member: Member, deadlineMs = 30_000): Promise<Exit> {
    member.expectedEnds.add(member.process);
    const { process } = member;
    return until(`${member.name} ends`, () => process.ended, deadlineMs);
  }

  async allReady(deadlineMs = 60_000): Promise<void> {
    await Promise.all(this.members.map(({ process }) => process.ready(deadlineMs)));
  }

  pickMember(): Member {
    return this.random.pick(this.members);
  }

  /** Every log record of this message, of every process of the round. */
  logged(message: string): Record<string, unknown>[] {
    return this.processes.flatMap((process) => process.logged(message));
  }

  #spawn(
    stateDir: string,
    over: Readonly<Record<string, string>>,
    nodeArgs: readonly string[],
    entry: string | undefined,
  ): WorkerProcess {
    const all = [...(this.options.nodeArgs ?? []), ...(this.case.nodeArgs ?? []), ...nodeArgs];
    const process = spawnWorker({
      env: this.env(stateDir, over),
      nodeArgs: all,
      ...(entry === undefined ? {} : { entry }),
    });
    this.processes.push(process);
    watchSocketsOf(process.pid);
    return process;
  }

  #watch(member: Member): void {
    const { process } = member;
    void process.exited.then((exit) => {
      if (!member.expectedEnds.has(process)) {
        this.unexpected.push(
          `${member.name} ended by itself: ${JSON.stringify(exit)}\n${process.lines.slice(-8).join('\n')}`,
        );
      }
    });
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Source records that are not committed yet. */
  async lag(): Promise<number> {
    const topics = INPUT_TOPICS.map((topic) => this.prefix + topic);
    const { admin } = this.cluster;
    const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
    const committed = await admin.fetchOffsets({ groupId: this.group, topics });
    let sum = 0;
    for (const [index, topic] of topics.entries()) {
      const offsets = committed.find((found) => found.topic === topic)?.partitions ?? [];
      const at = new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
      for (const { partition, offset } of ends[index]!)
        sum += Math.max(0, Number(offset) - Math.max(0, at.get(partition) ?? 0));
    }
    return sum;
  }

  async untilDrained(): Promise<void> {
    let left = -1;
    try {
      await until('every source record is committed', async () => (left = await this.lag()) === 0, DRAINED_MS);
    } catch (error) {
      throw new Error(`${left} source records are left after ${DRAINED_MS} ms`, { cause: error });
    }
  }

  /** Ends the workers in good order: what they leave behind is looked at next. */
  async stopAll(): Promise<void> {
    await Promise.all(this.members.filter(({ process }) => !process.ended).map((member) => this.stop(member)));
    await this.witness.stop();
  }

  /** However the round went: nothing of it is left. */
  async clean(): Promise<void> {
    this.#stop.abort();
    for (const member of this.members) {
      member.expectedEnds.add(member.process);
      member.process.kill('SIGCONT');
      await member.process.stop('SIGKILL');
    }
    await this.#endHelpers();
    this.#keepLogs();
    await this.cluster.heal();
    const topics = (await this.cluster.admin.listTopics()).filter((topic) => topic.startsWith(this.prefix));
    if (topics.length > 0) await this.cluster.admin.deleteTopics({ topics });
    for (const undo of this.#undo) undo();
    rmSync(this.root, { recursive: true, force: true });
  }

  #keepLogs(): void {
    const { logs } = this.options;
    if (logs === undefined) return;
    mkdirSync(logs, { recursive: true });
    for (const [index, { lines }] of this.processes.entries()) {
      writeFileSync(join(logs, `${this.case.id}-${this.options.seed}-${index}.log`), lines.join('\n'));
    }
  }

  /** Those that were started: a round may break off early. */
  async #endHelpers(): Promise<void> {
    const { load, witness } = this as { load?: Load; witness?: Witness };
    load?.kill();
    await witness?.stop().catch(() => undefined); // reported by stopAll, when it was reached
  }

  get outputTopics(): string[] {
    return WATCHED_TOPICS.map((topic) => this.prefix + topic);
  }
}
