/**
 * Whether a store is sound, found out by a process that reads all of it and dies in our place: LMDB maps the file and
 * trusts it, so that a damaged one ends whoever reads it with a signal that nothing can catch (check-store-process.ts).
 */
import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../common/errors.js';
import type { StoreIdentity } from './lmdb/identity.js';

export type StoreVerdict =
  | { readonly kind: 'sound' }
  | { readonly kind: 'damaged'; readonly why: string }
  /** Written by a newer LMDB. */
  | { readonly kind: 'newer'; readonly version: number }
  /** The process could not do its work: nothing is known of the store. */
  | { readonly kind: 'unchecked'; readonly why: string };

interface Ended {
  readonly said: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isStuck: boolean;
}

/** What LMDB, or the kernel on its behalf, ends a process with. Others, such as SIGKILL, are somebody's wish. */
const CRASHES: ReadonlySet<string | null> = new Set(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE', 'SIGTRAP']);
/** A crash may have had another cause, such as a disk that was full at that moment: the second is the store's. */
const TRIES = 2;
/**
 * It says a sign of life for each few pages that it has read. None for so many seconds is LMDB in a loop, or a disk that
 * nobody can use; a disk that is merely slow, or a store that is large, takes as long as it takes.
 */
const STUCK_SECONDS = 120;

const SOURCE = fileURLToPath(import.meta.url);
const PROGRAM = fileURLToPath(new URL(`./check-store-process${extname(SOURCE)}`, import.meta.url));
/** From the source, as tests run it, it needs the loader that we have. */
const NODE_ARGS = extname(SOURCE) === '.ts' ? ['--import', 'tsx'] : [];

/** Reads the store that lies in the directory, which no process may have open. Rejects when the signal aborts. */
export async function checkStore(
  directory: string,
  identity: StoreIdentity,
  signal?: AbortSignal,
): Promise<StoreVerdict> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      const ended = await run([directory, JSON.stringify(identity)], signal);
      if (left === 0 || !CRASHES.has(ended.signal)) return verdictOf(ended);
    } catch (error) {
      signal?.throwIfAborted();
      return { kind: 'unchecked', why: messageOf(error) };
    }
  }
}

function verdictOf({ said, code, signal, isStuck }: Ended): StoreVerdict {
  const verdict = said.split('\n').find((line) => line.startsWith('{'));
  if (verdict !== undefined) return JSON.parse(verdict) as StoreVerdict;
  if (isStuck) return { kind: 'damaged', why: `reading it came no further for ${STUCK_SECONDS} s` };
  if (signal === 'SIGBUS')
    return { kind: 'damaged', why: 'it was cut off, or the disk cannot read it: the process that read it got SIGBUS' };
  if (CRASHES.has(signal)) return { kind: 'damaged', why: `the process that read it died of ${signal}` };
  return { kind: 'unchecked', why: `the process that reads it ended with ${signal ?? `exit code ${code}`}` };
}

function run(args: readonly string[], signal?: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...NODE_ARGS, PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // None of our secrets, and it needs nothing else of it either.
      env: {},
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('error', reject);
    if (child.pid === undefined) return;
    let said = '';
    let silentSeconds = 0;
    // Seconds are counted, not looked up: while we are stopped ourselves, none passes.
    const watch = setInterval(() => {
      silentSeconds += 1;
      if (silentSeconds === STUCK_SECONDS) child.kill('SIGKILL');
    }, 1000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      silentSeconds = 0;
    });
    child.once('close', (code, by) => {
      clearInterval(watch);
      resolve({ said, code, signal: by, isStuck: silentSeconds >= STUCK_SECONDS });
    });
  });
}
