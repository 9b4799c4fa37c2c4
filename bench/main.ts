/** `npm run bench`: the same job on ours and on its peers, in turns, on the same broker; see docs/performance.md. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { ConfigError, messageOf } from '../common/errors.js';
import { INTERRUPTED, onInterrupt } from '../dev/demo/interrupt.js';
import { reset, up } from '../dev/stack/stack.js';
import { guardStack } from '../test/integration/harness/guard.js';
import { buildPeers } from './suite/build-peers.js';
import { CONTENDERS, PEERS, type Contender } from './suite/contenders.js';
import { describeMachine } from './suite/machine.js';
import { parseBenchOptions, type BenchOptions, type GivenOptions } from './suite/options.js';
import { printRound } from './suite/print-round.js';
import { tables, writeChart, writeResults, type Results } from './suite/results.js';
import { runRound, type Bench, type RoundPlan, type RoundResult } from './suite/round.js';
import { rotated } from './suite/statistics.js';
import { Topics } from './suite/topics.js';
import { readVersions } from './suite/versions.js';

const BROKER_HEAP_MB = 1024;
/** Source records of the round that is thrown away. */
const WARM_UP = 200_000;
const say = (line: string): void => console.log(line);

const given = new Command('bench')
  .description('runs the job task-events on ours and on its peers, and verifies and measures each')
  .option('--peers <names>', `peers to build and run: ${PEERS.join(', ')}, or none; default: all that build`)
  .option('--only <ids>', `of the contenders only these: ${CONTENDERS.map(({ id }) => id).join(', ')}`)
  .option('--events <counts>', 'source records of a round, several sizes with commas between; default: 400000')
  .option('--rounds <counts>', 'for each size, or for all; default: 7')
  .option('--seed <number>', 'of the first round; the others follow from it', '1')
  .option('--no-latency', 'leave the latency out')
  .option('--resume', 'in each round once more, with a SIGKILL at half of the input')
  .option('--profile <folder>', 'have ours write a V8 CPU profile there for each process; bench/profile.ts reads it')
  .option(
    '--before <folder>',
    'beside ours, the same of another checkout of the project, which is built: before a change',
  )
  .option('--node <program>', 'beside ours, the same on another Node')
  .option('--java <home>', 'beside Kafka Streams, the same on another Java')
  .option('--without-transactions', 'beside ours, the same without its transactions: what they cost')
  .option('--quick', 'little input and two rounds: shows that everything works, in minutes; the numbers mean little')
  .parse()
  .opts<GivenOptions>();

const { signal, release } = onInterrupt();
try {
  const results = await run(parseBenchOptions(given));
  say(`\n${tables(results)}\n\n${writeResults(results)}\n${writeChart(results)}`);
  process.exitCode = results.rounds.every(({ isExact }) => isExact) ? 0 : 1;
} catch (error) {
  if (signal.aborted) process.exitCode = INTERRUPTED;
  else {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
} finally {
  release();
}

async function run(options: BenchOptions): Promise<Results> {
  const startedAt = new Date().toISOString();
  const built = await buildPeers(options.peers, signal, say);
  const contenders = options.contenders.filter(({ system }) => system === 'ours' || built.includes(system));
  const machine = await describeMachine();
  const root = mkdtempSync(join(tmpdir(), 'notification-streams-bench-'));
  const stack = { root, progress: say, brokerHeapMb: BROKER_HEAP_MB };
  guardStack(root);
  try {
    const { kafkaBrokers: brokers, schemaRegistryUrl: registryUrl, members } = await up(stack);
    const topics = await Topics.connect(brokers);
    const brokerPid = members.find(({ name }) => name === 'broker-1')!.pid;
    const bench: Bench = { brokers, registryUrl, brokerPid, topics, folder: join(root, 'contenders'), signal };
    try {
      const rounds: RoundResult[] = [];
      const results: Results = { startedAt, machine, versions: readVersions(), options, contenders, rounds };
      for await (const result of runRounds(bench, results)) {
        rounds.push(result);
        printRound(result, say);
        writeResults(results);
      }
      return results;
    } finally {
      await topics.close();
    }
  } finally {
    await reset(stack);
  }
}

/** Thrown away: a broker that has just started costs several times as much an event, and answers late, whoever asks it. */
async function warmUp(
  bench: Bench,
  { seed, isQuick, latency }: BenchOptions,
  contenders: readonly Contender[],
): Promise<void> {
  const [first] = contenders;
  if (!first || isQuick) return;
  const plan: RoundPlan = { size: WARM_UP, records: WARM_UP, seed, kind: 'throughput', latency };
  printRound(await runRound(bench, first, plan), (line) => say(`thrown away, a warm-up: ${line}`));
}

/** In turns, A B C B C A C A B: what else the machine does meets all alike, and so does being the first on a new input. */
async function* runRounds(bench: Bench, { options, contenders }: Results): AsyncGenerator<RoundResult> {
  await warmUp(bench, options, contenders);
  const kinds: RoundPlan['kind'][] = options.resume ? ['throughput', 'resume'] : ['throughput'];
  for (const [at, size] of options.records.entries()) {
    for (let round = 0; round < options.rounds[at]!; round += 1) {
      for (const contender of rotated(contenders, round)) {
        if (contender.mostRecords && at > 0) continue;
        for (const kind of kinds) {
          const records = Math.min(size, contender.mostRecords ?? size);
          // It does not depend on the size of what came before.
          const latency = kind === 'throughput' && at === 0 ? options.latency : undefined;
          yield await runRound(bench, contender, { size, records, seed: options.seed + round, kind, latency });
        }
      }
    }
  }
}
