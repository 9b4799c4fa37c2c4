/** A worker as an operator would run it: the built command in a process of its own, on the stack of the tests. */
import { testStack } from './test-stack.js';
import { spawnWorker, type WorkerCommand, type WorkerProcess } from './worker-process.js';

export type { WorkerProcess } from './worker-process.js';

const running = new Set<WorkerProcess>();
process.once('exit', () => {
  for (const worker of running) worker.kill('SIGKILL');
});

/** Starts a worker on the test stack; every worker still running at the end of the test file is killed (each-file.setup.ts). */
export function startWorker(options: WorkerCommand): WorkerProcess {
  const { kafkaBrokers, schemaRegistryUrl } = testStack();
  const env = { KAFKA_BROKERS: kafkaBrokers, SCHEMA_REGISTRY_URL: schemaRegistryUrl, ...options.env };
  const worker = spawnWorker({ ...options, env });
  running.add(worker);
  void worker.exited.then(() => running.delete(worker));
  return worker;
}

/** Kills every worker of this test file and waits until they are gone. */
export async function stopWorkers(): Promise<void> {
  await Promise.all([...running].map((worker) => worker.stop('SIGKILL')));
}
