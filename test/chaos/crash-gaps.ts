/** Where a worker can be told to die, and what must then stand on disk and in Kafka. */
import { join } from 'node:path';
import type { CrashPoint } from '../../common/crash-point.js';

/** To be imported by the worker's node, with CRASH_AT=gap:n in its environment: it dies when it passes the gap for the n-th time. */
export const CRASH_PRELOAD = join(import.meta.dirname, 'preload', 'crash-at.mjs');

export interface Gap {
  readonly name: CrashPoint;
  /** What the worker does when it dies there. */
  readonly when: 'commit' | 'takeover' | 'revoke';
  readonly leaves:
    /** Store and changelog say the same, no transaction is open. */
    | 'whole'
    /** What was sent is not committed, and the store knows nothing of it. */
    | 'open transaction'
    /** Kafka has committed what the store does not hold yet. */
    | 'store behind'
    /** The store holds a part of the changelog, and says so. */
    | 'store being restored';
}

export const GAPS: readonly Gap[] = [
  { name: 'staged', when: 'commit', leaves: 'whole' },
  { name: 'produced', when: 'commit', leaves: 'open transaction' },
  { name: 'offsets-sent', when: 'commit', leaves: 'open transaction' },
  { name: 'ended', when: 'commit', leaves: 'store behind' },
  { name: 'store-writing', when: 'commit', leaves: 'store behind' },
  { name: 'stored', when: 'commit', leaves: 'whole' },
  { name: 'fenced', when: 'takeover', leaves: 'whole' },
  { name: 'restore', when: 'takeover', leaves: 'store being restored' },
  { name: 'suspending', when: 'revoke', leaves: 'whole' },
];
