/** The end of a command whose reader is gone, as in `notification-streams topology | head -1`. */

/** As the shell says it of a program that SIGPIPE ended; Node ignores that signal. */
const BROKEN_PIPE = 128 + 13;

/** Without it, Node ends the command with a stack trace. One that ends in order at SIGTERM does so here. */
export function endWithReader(): void {
  let isGone = false;
  const end = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    if (isGone) return;
    isGone = true;
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(BROKEN_PIPE);
  };
  process.stdout.on('error', end);
  process.stderr.on('error', end);
}
