/** The demo: the whole thing on this machine, fed by simulators of the ERP's services and checked against the contract. */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from '../simulators/ledger.js';
import { produceSteadily, send } from '../simulators/producers.js';
import { projectRoot } from '../../common/project-root.js';
import { Cleanup } from './cleanup.js';
import { renderCounts } from './counts.js';
import { INTERRUPTED, onInterrupt } from './interrupt.js';
import { planRun, type DemoOptions } from './options.js';
import { Page } from './page.js';
import { Screen } from './screen.js';
import { settle } from './settle.js';
import { openSimulation, type Simulation } from './simulation.js';
import { useStack } from './use-stack.js';
import { faultsOf } from './verdict.js';
import { WorkerProcess } from './worker-process.js';

interface Stage {
  readonly cleanup: Cleanup;
  readonly ledger: Ledger;
  readonly screen: Screen;
  readonly interrupted: AbortSignal;
}

const SETTLE_MS = 20_000;

/**
 * Runs until the time is over or a signal comes, and undoes whatever it did.
 * @returns the exit code: 0 when everything adds up, 1 when not, 130 when it was interrupted before it had begun.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { signal: interrupted, release } = onInterrupt();
  const ledger = new Ledger();
  const stage: Stage = { cleanup: new Cleanup(), ledger, screen: new Screen(ledger, process.stdout), interrupted };
  try {
    const unread = await play(options, stage);
    stage.screen.stop();
    // The worker drains while the readers still read: what comes out then counts as well.
    return conclude([...unread, ...(await stage.cleanup.run()), ...faultsOf(ledger)], stage);
  } catch (error) {
    stage.screen.stop();
    for (const fault of await stage.cleanup.run()) stage.screen.say(fault);
    if (interrupted.aborted && (error as Error).name === 'AbortError') return INTERRUPTED;
    throw error;
  } finally {
    release();
  }
}

/** From the empty machine to the last record that came out; returns what did not go in. */
async function play(options: DemoOptions, stage: Stage): Promise<string[]> {
  const { cleanup, ledger, screen, interrupted } = stage;
  const stack = await useStack(cleanup, (line) => screen.say(line));
  interrupted.throwIfAborted();
  const stateDir = await mkdtemp(join(tmpdir(), 'notification-streams-demo-'));
  cleanup.add(`delete ${stateDir}`, () => rm(stateDir, { recursive: true, force: true }));
  const run = planRun(stack, stateDir, process.env);
  const simulation = await openSimulation({ config: run.config, ledger, seed: randomInt(2 ** 32), cleanup });
  // Before the worker: at its first start it reads every account event before it turns to what the others send.
  await send(simulation.erp.arrivals(), simulation);
  interrupted.throwIfAborted();

  const worker = new WorkerProcess(run.options, join(projectRoot(), '.stack', 'demo', `worker-${run.id}.log`));
  cleanup.add('stop the worker', () => worker.stop());
  screen.say(`worker: its log is ${worker.logFile}`);
  // Whatever is waited for from here on ends when the worker or a reader does.
  const failed = Promise.race([worker.died(), simulation.failed]);
  failed.catch(() => undefined);
  const { gateway } = await Promise.race([worker.ready(interrupted), failed]);

  const people = (): Simulation['staff']['people'] => simulation.staff.people;
  const page = new Page({ port: options.port, gatewayPort: gateway, jwtSecret: run.jwtSecret, people });
  screen.say(`page:   ${await page.listen()}`);
  cleanup.add('close the page', () => page.close());
  screen.start();
  return Promise.race([produceAndSettle(options, simulation, interrupted), failed]);
}

async function produceAndSettle(
  { seconds, rate }: DemoOptions,
  simulation: Simulation,
  interrupted: AbortSignal,
): Promise<string[]> {
  // Not AbortSignal.timeout within AbortSignal.any: Node 20 collects the timeout, and the time is never over.
  const over = new AbortController();
  const timer = seconds === undefined ? undefined : setTimeout(() => over.abort(), seconds * 1000);
  interrupted.addEventListener('abort', () => over.abort(), { once: true });
  if (interrupted.aborted) over.abort();
  await produceSteadily(simulation.erp, rate, simulation, over.signal);
  clearTimeout(timer);
  const behind = await settle(simulation.config, simulation.connections, simulation.ledger, SETTLE_MS);
  return behind === 0 ? [] : [`${behind} records were sent and not taken in within ${SETTLE_MS} ms`];
}

/** Shows the counts and what is wrong with them. */
function conclude(faults: readonly string[], { ledger, screen }: Stage): number {
  const verdict =
    faults.length === 0 ? ['Everything adds up.'] : ['It does not add up:', ...faults.map((fault) => `  ${fault}`)];
  for (const line of ['', ...renderCounts(ledger), '', ...verdict]) screen.say(line);
  return faults.length === 0 ? 0 : 1;
}
