/** A worker as an operator would run it: the built command in a process of its own, on the stack of the tests. */
import { testStack } from './test-stack.js';
import { spawnWorker, type WorkerCommand, type WorkerProcess } from './worker-process.js';

export type { WorkerProcess } from './worker-process.js';

const running = new Set<WorkerProcess>();
process.once('exit', () => {
  for (const worker of running) worker.kill('SIGKILL');
});

/** What goes on at the end of a test. */
let shared = new Set<WorkerProcess>();

/** Starts a worker on the test stack. One that still runs at the end of what began it, a test or its file, is killed then (each-file.setup.ts). */
export function startWorker(options: WorkerCommand): WorkerProcess {
  const { kafkaBrokers, schemaRegistryUrl } = testStack();
  const env = { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl, ...options.env };
  const worker = spawnWorker({ ...options, env });
  running.add(worker);
  void worker.exited.then(() => running.delete(worker));
  return worker;
}

/** As startWorker, but for a scene that tests share, whichever of them opens it: it runs until the end of the file. */
export function startSharedWorker(options: WorkerCommand): WorkerProcess {
  const worker = startWorker(options);
  shared.add(worker);
  return worker;
}

/** What runs now is shared. */
export function beginTest(): void {
  shared = new Set(running);
}

/** Kills what the test has begun for itself. */
export function endTest(): Promise<void> {
  return stopAll([...running].filter((worker) => !shared.has(worker)));
}

/** Kills every worker of this test file and waits until they are gone. */
export function stopWorkers(): Promise<void> {
  return stopAll([...running]);
}

async function stopAll(workers: readonly WorkerProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.stop('SIGKILL')));
}
