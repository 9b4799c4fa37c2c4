/** The end of a command at Ctrl-C. */

/** The exit code, as the shell says it of a program that SIGINT ended. */
export const INTERRUPTED = 128 + 2;

/**
 * Ends a command that has no end of its own in order, as the worker and the demo do. Not left to the system, which spares
 * the first process of a container.
 */
export function endAtInterrupt(): void {
  process.on('SIGINT', () => {
    if (process.listenerCount('SIGINT') === 1) process.exit(INTERRUPTED);
  });
}
