/** Every check, side by side, each within a time of its own. */
import { answerWithin } from '../../../common/at-most.js';
import { messageOf } from '../../../common/errors.js';
import type { SourceSpec } from '../../../schemas/source-spec.js';
import type { Config } from '../../worker/config.js';
import { fault, unknown, type Check, type Finding } from './check.js';
import { BROKER_CHECKS } from './checks-brokers.js';
import { MACHINE_CHECKS, OPTION_CHECKS } from './checks-machine.js';
import { REGISTRY_CHECKS } from './checks-registry.js';
import { RIGHT_CHECKS } from './checks-rights.js';
import { TOPIC_CHECKS } from './checks-topics.js';
import { Examined, NoAnswerError } from './examined.js';

/** In the order in which they are shown. */
export const CHECKS = {
  Options: OPTION_CHECKS,
  Brokers: BROKER_CHECKS,
  Rights: RIGHT_CHECKS,
  Topics: TOPIC_CHECKS,
  'Schema registry': REGISTRY_CHECKS,
  'This machine': MACHINE_CHECKS,
} as const satisfies Readonly<Record<string, readonly Check[]>>;
type CheckGroup = keyof typeof CHECKS;

export interface Result {
  readonly group: CheckGroup;
  readonly check: string;
  readonly findings: readonly Finding[];
}

export interface ExamineOptions {
  /** For each check. */
  readonly limitMs: number;
  /** Default: all that there are. */
  readonly checks?: Readonly<Partial<Record<CheckGroup, readonly Check[]>>>;
}

/** Rejects with ConfigError where the topics' names do not fit together. */
export async function examine(
  config: Config,
  sources: readonly SourceSpec[],
  { limitMs, checks = CHECKS }: ExamineOptions,
): Promise<readonly Result[]> {
  const examined = new Examined(config, sources);
  // Throws where two topics have one name: nothing could be asked by it.
  examined.contractTopics satisfies readonly string[];
  const groups = Object.entries(checks) as [CheckGroup, readonly Check[]][];
  const all = groups.flatMap(([group, list]) =>
    list.map(async (one): Promise<Result> => {
      return { group, check: one.name, findings: await findingsOf(one, examined, limitMs) };
    }),
  );
  return Promise.all(all);
}

async function findingsOf(one: Check, examined: Examined, limitMs: number): Promise<readonly Finding[]> {
  try {
    const late = new NoAnswerError(`no answer within ${limitMs / 1000} s`);
    return await answerWithin(one.run(examined), limitMs, late);
  } catch (error) {
    if (error instanceof NoAnswerError) return [unanswered(one, error.message)];
    return [fault(`it cannot be asked: ${messageOf(error)}`, 'an answer', 'see the error')];
  }
}

/** Only the first of a group is at fault for it: the others would say the same. */
function unanswered({ isFirst }: Check, why: string): Finding {
  return isFirst ? fault(why, 'an answer', 'look whether it is up, and at the network between') : unknown(why);
}
