/** Inputs that found a fault, or were the first of their outcome: a file a target, replayed by the unit tests. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './fuzz.js';
import { play } from './play.js';
import { Fault, type Input, type Target } from './target.js';

export interface CorpusEntry {
  /** The law that it broke when it was found, or the outcome that it was the first of. */
  readonly why: string;
  /** The law that it breaks until somebody mends that: the fuzzer passes over it meanwhile. */
  readonly breaks?: string | undefined;
  /** The outcome up to its colon: what follows may be worded in another way. */
  readonly outcome: string;
  readonly input: Input;
}

/** What becomes of an input now. */
export async function replay(target: Target, input: Input): Promise<Pick<CorpusEntry, 'outcome' | 'breaks'>> {
  try {
    return { outcome: (await play(target, input)).split(':')[0]! };
  } catch (error) {
    return { outcome: 'fault', breaks: error instanceof Fault ? error.law : 'throws nothing of its own' };
  }
}

/** The laws that are known not to hold for a target. */
export function knownFaults(target: string): Set<string> {
  return new Set(readCorpus(target).flatMap(({ breaks }) => breaks ?? []));
}

/** Adds what a run found, and its first input of each new outcome; takes the mark off what is mended. */
export async function keep(target: Target, { outcomes, finding }: Run): Promise<void> {
  const corpus = readCorpus(target.name);
  if (finding) corpus.push({ why: finding.law, outcome: '', input: finding.input });
  for (const [why, { input }] of outcomes)
    if (
      corpus.length < MAX_ENTRIES &&
      !corpus.some((entry) => entry.why === why) &&
      JSON.stringify(freeze(input)).length < MAX_CHARS
    )
      corpus.push({ why, outcome: '', input });
  const entries: CorpusEntry[] = [];
  for (const entry of corpus)
    entries.push({ why: entry.why, ...(await replay(target, entry.input)), input: entry.input });
  writeCorpus(target.name, entries);
}

/** Bounds of an interesting input. */
const MAX_CHARS = 2500;
const MAX_ENTRIES = 40;

const folder = join(import.meta.dirname, 'corpus');

export function readCorpus(target: string): CorpusEntry[] {
  const path = join(folder, `${target}.json`);
  return existsSync(path) ? (thaw(JSON.parse(readFileSync(path, 'utf8'))) as CorpusEntry[]) : [];
}

function writeCorpus(target: string, entries: readonly CorpusEntry[]): void {
  const lines = entries.map((entry) => JSON.stringify(freeze(entry as unknown as Input)));
  writeFileSync(join(folder, `${target}.json`), `[\n${lines.join(',\n')}\n]\n`);
}

/** Bytes as `{"base64": "..."}`. */
export function freeze(input: Input | undefined): unknown {
  if (Buffer.isBuffer(input)) return { base64: input.toString('base64') };
  if (Array.isArray(input)) return input.map(freeze);
  if (typeof input !== 'object' || input === null) return input;
  return Object.fromEntries(
    Object.entries(input as Record<string, Input>).map(([name, value]) => [name, freeze(value)]),
  );
}

function thaw(frozen: unknown): unknown {
  if (typeof frozen !== 'object' || frozen === null) return frozen;
  if (Array.isArray(frozen)) return frozen.map(thaw);
  if ('base64' in frozen && Object.keys(frozen).length === 1) return Buffer.from(frozen.base64 as string, 'base64');
  return Object.fromEntries(Object.entries(frozen).map(([name, value]) => [name, thaw(value)]));
}
