/** The options of `npm run bench`. */
import { execFileSync } from 'node:child_process';
import { accessSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, messageOf } from '../../common/errors.js';
import { CONTENDERS, PEERS, programOf, type Contender, type System } from './contenders.js';
import type { LatencyLoad } from './latency.js';
import { withoutTransactions } from './without-transactions.js';

export interface GivenOptions {
  readonly peers?: string;
  readonly only?: string;
  readonly events?: string;
  readonly rounds?: string;
  readonly seed: string;
  readonly quick?: boolean;
  readonly latency: boolean;
  readonly resume?: boolean;
  readonly profile?: string;
  readonly before?: string;
  readonly node?: string;
  readonly java?: string;
  readonly withoutTransactions?: boolean;
}

export interface BenchOptions {
  /** What to build; those that cannot be are left out. */
  readonly peers: readonly System[];
  /** In their order within a round. */
  readonly contenders: readonly Contender[];
  /** Sizes of the input, in source records; each has rounds of its own. */
  readonly records: readonly number[];
  /** For each size. */
  readonly rounds: readonly number[];
  readonly seed: number;
  readonly latency: LatencyLoad | undefined;
  /** Whether each round has one more in which the contender is killed. */
  readonly resume: boolean;
  readonly isQuick: boolean;
}

const LATENCY: LatencyLoad = { rate: 2000, seconds: 20 };
const QUICK_LATENCY: LatencyLoad = { rate: 2000, seconds: 5 };
const QUICK_RECORDS = 20_000;
/** A slow contender's share of a quick run. */
const QUICK_MOST_RECORDS = 4_000;

/** Throws ConfigError that names every option that is wrong. */
export function parseBenchOptions(given: GivenOptions): BenchOptions {
  const faults: string[] = [];
  const whole = (name: string, text: string, least: number, most: number): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    faults.push(`--${name} is "${text}": expected a whole number from ${least} to ${most}`);
    return least;
  };
  const names = (name: string, text: string, known: readonly string[]): string[] => {
    const asked = text.split(',').filter((one) => one !== '');
    const unknown = asked.filter((one) => !known.includes(one));
    if (unknown.length > 0) faults.push(`--${name} ${unknown.join(',')}: expected some of ${known.join(', ')}`);
    return asked;
  };
  const isQuick = given.quick ?? false;
  const only = given.only === undefined ? undefined : names('only', given.only, ids(CONTENDERS));
  const asked = given.peers === undefined ? PEERS : names('peers', given.peers === 'none' ? '' : given.peers, PEERS);
  const contenders = CONTENDERS.filter(
    ({ id, system }) => (system === 'ours' || asked.includes(system)) && (only?.includes(id) ?? true),
  );
  const others = (name: string, expected: string, given: string | undefined, on: typeof onNode): Contender[] => {
    try {
      return given === undefined ? [] : contenders.flatMap(on(given));
    } catch (error) {
      faults.push(`--${name} is "${given}": expected ${expected}: ${messageOf(error)}`);
      return [];
    }
  };
  const records = (given.events ?? String(isQuick ? QUICK_RECORDS : 400_000)).split(',');
  const rounds = (given.rounds ?? (isQuick ? '2' : '7')).split(',');
  const options: BenchOptions = {
    peers: PEERS.filter((peer) => contenders.some(({ system }) => system === peer)),
    contenders: [
      ...contenders,
      ...others('before', 'another checkout, in which `npm run build` has run', given.before, before),
      ...others('node', 'the path of a program of Node', given.node, onNode),
      ...others('java', 'the home of a Java', given.java, onJava),
      ...(given.withoutTransactions ? contenders.flatMap(withoutTransactions) : []),
    ]
      .map((one) => (isQuick && one.mostRecords ? { ...one, mostRecords: QUICK_MOST_RECORDS } : one))
      .map((one) => (given.profile !== undefined && one.system === 'ours' ? profiled(one, given.profile) : one)),
    records: records.map((text) => whole('events', text, 1_000, 20_000_000)),
    rounds: records.map((_, at) => whole('rounds', rounds[at] ?? rounds.at(-1)!, 1, 100)),
    seed: whole('seed', given.seed, 0, 999_999_999),
    latency: given.latency ? (isQuick ? QUICK_LATENCY : LATENCY) : undefined,
    resume: given.resume ?? false,
    isQuick,
  };
  if (contenders.length === 0 && faults.length === 0)
    faults.push(`--only ${given.only}: none of them is left by --peers ${given.peers}`);
  if (faults.length > 0) throw new ConfigError(faults);
  return options;
}

function ids(contenders: readonly Contender[]): string[] {
  return contenders.map(({ id }) => id);
}

/** The same of ours, as another checkout has built it: what a change is measured against. Throws when it has not. */
function before(folder: string): (contender: Contender) => Contender[] {
  const root = resolve(folder);
  accessSync(programOf(root));
  return (contender) =>
    contender.system === 'ours'
      ? [{ ...contender, id: `before-${contender.id}`, label: `${contender.label}, before`, root }]
      : [];
}

/** The same of ours on another Node: `npx -y node@24 -p process.execPath` names one. Throws when it does not start. */
function onNode(program: string): (contender: Contender) => Contender[] {
  const node = resolve(program);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  return (contender) =>
    contender.system === 'ours'
      ? [{ ...contender, id: `node-${contender.id}`, label: `${contender.label}, Node ${version}`, node }]
      : [];
}

/** The same of Kafka Streams on another Java, by its JAVA_HOME. Throws when it does not start. */
function onJava(given: string): (contender: Contender) => Contender[] {
  const home = resolve(given);
  // `openjdk 25.0.2 2026-01-20 LTS`, and more lines.
  const version = execFileSync(join(home, 'bin', 'java'), ['--version'], { encoding: 'utf8' }).split(' ')[1];
  return (contender) =>
    contender.system === 'kafka-streams'
      ? [
          {
            ...contender,
            id: `java-${contender.id}`,
            label: `${contender.label}, Java ${version}`,
            settings: { ...contender.settings, JAVA_HOME: home },
          },
        ]
      : [];
}

/** The profiler costs a few per cent: what is measured meanwhile says where time goes, not how much there is. */
function profiled(contender: Contender, folder: string): Contender {
  return { ...contender, nodeArgs: [...(contender.nodeArgs ?? []), '--cpu-prof', `--cpu-prof-dir=${resolve(folder)}`] };
}
