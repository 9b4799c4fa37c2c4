/** Ends a command in order at Ctrl-C or SIGTERM; a second one ends it at once. */
import { INTERRUPTED } from '../interrupt.js';
import { advise } from '../print.js';

/** `end`: the signals do what they did before. */
export function interruption(): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    advise('interrupted: it ends behind the transaction that is on its way');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
