/** What a reader that is not ours (bench/java/Verify.java) finds committed. */
import { runJava } from './java-program.js';
import type { JobInput } from './job-input.js';

export interface Verdict {
  readonly outputs: number;
  readonly deadLetters: number;
  readonly missing: number;
  readonly repeated: number;
  /** Outputs with a field that is not as the contract says, or that belong to no event. */
  readonly wrong: number;
  /** Broker's append times of the first and of the last output, milliseconds since 1970. */
  readonly firstAppend: number;
  readonly lastAppend: number;
  /** The longest time without any output between the two, milliseconds. */
  readonly longestGapMs: number;
  /** The first few, in words. */
  readonly faults: readonly string[];
}

const VERIFY_MS = 10 * 60_000;

export function verify(brokers: string, input: JobInput, signal: AbortSignal): Promise<Verdict> {
  const { task, unknown, inApp, email, push, delivered } = input.schemaIds;
  const args = [brokers, input.prefix, input.seed, input.records, task, unknown, inApp, email, push, delivered];
  return runJava<Verdict>({ name: 'Verify', args, deadlineMs: VERIFY_MS, signal });
}

/** Each expected output exactly once, and as dead letters exactly the malformed records. */
export function isExact({ missing, repeated, wrong, outputs }: Verdict): boolean {
  return missing + repeated + wrong === 0 && outputs > 0;
}
