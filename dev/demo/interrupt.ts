/** Ctrl-C and its like: the first one ends the demo in order, a second one at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm and a terminal may both pass on one and the same Ctrl-C. */
const ECHO_MS = 500;

/** Exit code of a command that a signal has ended early. */
export const INTERRUPTED = 130;

/** The returned signal aborts at the first one. `release` gives signals back their usual effect. */
export function onInterrupt(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const take = (): void => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      controller.abort();
    } else if (Date.now() - firstAt > ECHO_MS) {
      process.exit(INTERRUPTED);
    }
  };
  for (const name of SIGNALS) process.on(name, take);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, take);
    },
  };
}
