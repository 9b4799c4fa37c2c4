/** An executor whose events are texts. */
import { RetryableError } from '../../../../common/errors.js';
import type { NotificationStores } from '../../../../processors/context.js';
import type { ExecutionContext, Executor, Processed } from '../../../../topology/graph/executor.js';
import type { SourceRecord } from '../../../../common/record.js';
import { digestOf } from '../../../digests.js';
import { deadLetter, emitText, forwarded } from './records.js';

/** What the executor does with a text, when not simply forward it. */
export type Behaviour = Map<string, (attempt: number) => Processed>;

/** Forwards each text as it came, once, except where `behaviour` has something else for it. */
export function executorOf(behaviour: Behaviour): Executor<NotificationStores> {
  const attempts = new Map<string, number>();
  return {
    process(record: SourceRecord, { stores, outputs }: ExecutionContext<NotificationStores>): Processed {
      const text = record.value!.toString();
      if (stores['dedup-window'].has(record, digestOf(text))) return { kind: 'dropped', reason: 'duplicate' };
      const attempt = (attempts.get(text) ?? 0) + 1;
      attempts.set(text, attempt);
      const processed = behaviour.get(text)?.(attempt) ?? forwarded(text);
      outputs.begin();
      if (processed.kind === 'forwarded') emitText(outputs, text);
      if (processed.kind === 'dead-lettered') outputs.add(this.deadLetter(record, processed.cause));
      return processed;
    },
    deadLetter: (record, cause) =>
      deadLetter(`${record.value!.toString()} ${cause.reason} ${cause.attempts}`, record.key),
  };
}

/** Throws RetryableError until that attempt. */
export function failingUntil(attempt: number, text: string): (now: number) => Processed {
  return (now) => {
    if (now < attempt) throw new RetryableError(`${text} is not ready`);
    return forwarded(text);
  };
}
