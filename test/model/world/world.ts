/** Workers, brokers and upstream producers in one simulation, and what may be done to them. */
import { createMemoryCluster } from '../memory-broker/memory-cluster.js';
import { MemoryBroker } from '../memory-broker/memory-broker.js';
import { openMemoryEnvironment, type Disk } from '../simulation/memory-environment.js';
import { SimulatedNetwork } from '../simulation/network.js';
import { Simulation, type Process } from '../simulation/simulation.js';
import type { TransactionVersion } from './commands.js';
import type { Defect } from './defects.js';
import type { EventKind, ModelEvent } from './events.js';
import { storeIsAhead, wrongOffsets, wrongOutputs, wrongStores } from './invariants.js';
import { Reader } from './reader.js';
import type { ModelState } from './states.js';
import { Upstream, type Target } from './upstream.js';
import { NAMES, OWN_TOPICS, SOURCE_NAMES, Worker } from './worker.js';

export interface WorldOptions {
  /** `transaction.version` of the cluster. */
  readonly transactions: TransactionVersion;
  readonly workers: number;
  readonly tasks: number;
  readonly partitions: number;
  readonly state: ModelState;
  /** Put in on purpose, to see whether it is found. */
  readonly defect?: Defect;
}

/** A machine: its disk outlives the processes that run on it one after another. */
export interface Machine {
  disk: Disk;
  process: Process;
  worker: Worker | undefined;
  /** The process dies at its next write to the store: before it holds, or after. */
  dieAtWrite: 'before' | 'after' | undefined;
}

/** What the model's brokers take in one batch, bytes. */
const MAX_BATCH_BYTES = 2_000;
const SINK_PARTITIONS = 2;
/** Session timeout, the join of the others, and a margin; far below the time of a transaction. */
const RECOVERY_MS = 30_000;
/** For what was committed last to reach every reader and store. */
const SETTLE_MS = 2_000;
const STEPS_BETWEEN_LOOKS = 20;

export class World {
  readonly simulation = new Simulation();
  readonly broker: MemoryBroker;
  readonly network: SimulatedNetwork;
  readonly upstream: Upstream;
  readonly machines: readonly Machine[];
  readonly tasks: number;
  /** Partitions of each source. */
  readonly partitions: number;
  /** The first thing that was not as it must be. */
  violation: Error | undefined;
  readonly #produced: { readonly target: Target; readonly event: ModelEvent }[] = [];
  readonly #defect: Defect;
  readonly #state: ModelState;
  /** By process, dead ones too: what they sent may still arrive. */
  readonly #workers = new Map<Process, Worker>();
  #reader: Reader | undefined;
  #incarnations = 0;

  constructor({ transactions, workers, tasks, partitions, state, defect = (parts) => parts }: WorldOptions) {
    this.tasks = tasks;
    this.partitions = partitions;
    this.#defect = defect;
    this.#state = state;
    this.broker = new MemoryBroker(this.simulation, {
      maxBatchBytes: MAX_BATCH_BYTES,
      transactionVersion: transactions,
    });
    for (const topic of SOURCE_NAMES) this.broker.createTopic(topic, partitions);
    for (const topic of OWN_TOPICS) this.broker.createTopic(topic, topic === NAMES.changelog ? tasks : SINK_PARTITIONS);
    this.upstream = new Upstream(this.broker);
    this.network = new SimulatedNetwork(this.simulation, {
      crash: (process) => this.simulation.kill(process),
      pause: (process) => this.pause({ process }),
    });
    this.broker.onOffsets = () => this.#offsetsAccepted();
    this.machines = Array.from({ length: workers }, (_, at) => ({
      disk: new Map() as Disk,
      process: { name: `w${at}`, state: 'dead' },
      worker: undefined,
      dieAtWrite: undefined,
    }));
  }

  /** The clock, the timers and chance are the simulation's until `end`. */
  async begin(): Promise<void> {
    this.simulation.begin();
    await this.simulation.within({ name: 'reader', state: 'running' }, () => {
      this.#reader = new Reader(createMemoryCluster(this.broker, this.network));
      this.#reader.start().catch((error: unknown) => this.#violated('the reader ended', error));
    });
    for (const machine of this.machines) await this.start(machine);
    await this.#until(() => this.#notReady() === undefined, 'every task runs');
  }

  end(): void {
    this.simulation.end();
  }

  /** Starts a worker on a machine that has none. */
  async start(machine: Machine): Promise<void> {
    if (machine.process.state !== 'dead') return;
    const name = `w${this.machines.indexOf(machine)}.${(this.#incarnations += 1)}`;
    machine.process = { name, state: 'running' };
    const { process } = machine;
    const environment = openMemoryEnvironment(machine.disk, {
      begun: () => this.#writing(machine, process, 'before'),
      held: (table) => {
        this.#checkStore(table, machine.disk);
        this.#writing(machine, process, 'after');
      },
    });
    await this.simulation.within(process, () => {
      machine.worker = new Worker({
        maxTasks: this.tasks,
        environment,
        state: this.#state,
        createCluster: () => createMemoryCluster(this.broker, this.network),
        fatal: (error) => this.#violated(`${process.name} ended`, error),
        defect: this.#defect,
      });
      this.#workers.set(process, machine.worker);
      machine.worker.start();
    });
  }

  /** The process is gone; with `lost`, so is its disk. */
  crash(machine: Machine, disk: 'kept' | 'lost'): void {
    this.simulation.kill(machine.process);
    machine.worker = undefined;
    if (disk === 'lost') machine.disk = new Map();
  }

  /** Asks the worker to end cleanly; its process is there until the next start. */
  async stop(machine: Machine): Promise<void> {
    const { process, worker } = machine;
    if (process.state !== 'running' || !worker) return;
    machine.worker = undefined;
    await this.simulation.within(process, () => worker.stop());
  }

  /** Every fault is over and every machine has a worker: from here on all must come right by itself, in bounded time. */
  async heal(): Promise<void> {
    this.network.heal();
    while (this.network.delayed > 0) await this.network.release();
    this.upstream.endAll();
    for (const machine of this.machines) {
      machine.dieAtWrite = undefined;
      if (machine.process.state === 'paused') machine.process.state = 'running';
      if (!machine.worker) this.crash(machine, 'kept');
      await this.start(machine);
    }
    await this.#until(
      () => this.#notReady() === undefined && wrongOffsets(this.broker, this.partitions).length === 0,
      'every task runs and has committed its input',
    );
    await this.#run(SETTLE_MS);
    this.#checkEnd();
  }

  pause({ process }: Pick<Machine, 'process'>): void {
    if (process.state === 'running') process.state = 'paused';
  }

  continue({ process }: Machine): void {
    if (process.state === 'paused') process.state = 'running';
  }

  produce(target: Target, user: number, kind: EventKind): void {
    this.upstream.produce(target, this.#event(target, user, kind));
  }

  /** Within a transaction of that upstream producer. */
  write(writer: number, target: Target): void {
    this.upstream.write(writer, target, this.#event(target, writer, 'plain'));
  }

  /** An event that was produced before, whatever became of it, once more. */
  repeat(index: number): void {
    const known = this.#produced[index % Math.max(1, this.#produced.length)];
    if (known) this.upstream.produce(known.target, known.event);
  }

  async steps(count: number): Promise<void> {
    for (let left = count; left > 0 && !this.violation; left -= 1) if (!(await this.simulation.step())) return;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = this.simulation.now() + RECOVERY_MS;
    while (!this.violation && !condition()) {
      if (this.simulation.now() > deadline) {
        this.#violated(
          `within ${RECOVERY_MS} ms it did not come about that ${what}: ${this.#notReady() ?? 'all ready'}`,
        );
      }
      await this.steps(STEPS_BETWEEN_LOOKS);
    }
  }

  async #run(ms: number): Promise<void> {
    const end = this.simulation.now() + ms;
    while (!this.violation && this.simulation.now() < end) await this.steps(1);
  }

  #notReady(): string | undefined {
    const { coordinator } = this.broker.group(NAMES.group);
    for (const { process, worker } of this.machines) {
      if (process.state !== 'running' || !worker) continue;
      const { assignment } = worker;
      const isCurrent = assignment && coordinator.isCurrent(assignment.member.memberId, assignment.member.generationId);
      const reason = isCurrent ? worker.notReady() : 'not in the group';
      if (reason) return `${process.name}: ${reason}`;
    }
    for (let task = 0; task < this.tasks; task += 1) if (!this.#diskOf(task)) return `task ${task} has no owner`;
    return undefined;
  }

  /** The disk of the machine whose worker has the task. */
  #diskOf(task: number): Disk | undefined {
    return this.machines.find(({ worker }) => worker?.assignment?.tasks.includes(task))?.disk;
  }

  /** Offsets were accepted: from the owner only, whatever the request said of its sender. */
  #offsetsAccepted(): void {
    const sender = this.simulation.current;
    const assignment = this.#workers.get(sender!)?.assignment;
    const { coordinator } = this.broker.group(NAMES.group);
    if (assignment && coordinator.isCurrent(assignment.member.memberId, assignment.member.generationId)) return;
    this.#violated(`${sender!.name} is not of the group's generation, and its offsets were accepted`);
  }

  #checkStore(table: string, disk: Disk): void {
    const task = /^task-(\d+)$/.exec(table)?.[1];
    const fault = task === undefined ? undefined : storeIsAhead(this.broker, disk, Number(task), this.#state);
    if (fault) this.#violated(fault);
  }

  #checkEnd(): void {
    const faults = [
      ...wrongOutputs(this.broker, this, this.#reader!.read),
      ...wrongOffsets(this.broker, this.partitions),
      ...wrongStores(this.broker, this, this.#state, (task) => this.#diskOf(task)),
    ];
    if (faults.length > 0) this.#violated(faults.join('\n'));
  }

  #event(target: Target, user: number, kind: EventKind): ModelEvent {
    const event = { id: `e${this.#produced.length}`, user: `u${user}`, kind };
    this.#produced.push({ target, event });
    return event;
  }

  #writing(machine: Machine, process: Process, when: Machine['dieAtWrite']): void {
    if (machine.dieAtWrite !== when) return;
    machine.dieAtWrite = undefined;
    this.simulation.note(`${process.name} dies ${when} its write`);
    this.simulation.kill(process);
  }

  #violated(what: string, cause?: unknown): void {
    this.violation ??= new Error(what, { cause });
  }
}
