/** Where a worker can be told to die, and what must then stand on disk and in Kafka. */
import type { CrashPoint } from '../../topology/crash-point.js';

export interface Gap {
  readonly name: CrashPoint;
  /** What the worker does when it dies there. */
  readonly when: 'commit' | 'takeover' | 'revoke';
  /** Whether Kafka has committed what the store does not hold yet. */
  readonly leaves: 'nothing' | 'open transaction' | 'store behind' | 'all done';
}

export const GAPS: readonly Gap[] = [
  { name: 'staged', when: 'commit', leaves: 'nothing' },
  { name: 'produced', when: 'commit', leaves: 'open transaction' },
  { name: 'offsets-sent', when: 'commit', leaves: 'open transaction' },
  { name: 'ended', when: 'commit', leaves: 'store behind' },
  { name: 'store-writing', when: 'commit', leaves: 'store behind' },
  { name: 'stored', when: 'commit', leaves: 'all done' },
  { name: 'fenced', when: 'takeover', leaves: 'nothing' },
  { name: 'restore', when: 'takeover', leaves: 'nothing' },
  { name: 'suspending', when: 'revoke', leaves: 'nothing' },
];
