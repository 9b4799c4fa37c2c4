/**
 * The orderly end of a worker, in this order:
 *
 *   1 no new sockets: who comes is refused, and goes to another gateway
 *   2 tasks: what is in flight is committed, the group is left; others have them from here on
 *   3 sockets: closed one after another, over SHUTDOWN_SPREAD_MS; until its turn each gets what others commit
 *
 * Tasks first, since a partition that nobody reads is seen by everybody, and a socket that closes comes back at once.
 */

/** How long the tasks' part of a stop may take, ms. */
const TASKS_MS = 6000;
/** For what is left then: connections to the brokers and the operators' endpoint, ms. */
const REST_MS = 500;

/** The stream role, as far as it is stopped. */
interface Tasks {
  stop(deadlineMs: number): Promise<void>;
}

/** The gateway role, as far as it is stopped. */
interface Sockets {
  refuse(): void;
  stop(deadlineMs: number, spreadMs: number): Promise<void>;
}

export interface Shutdown {
  readonly stream: Tasks | undefined;
  readonly gateway: Sockets | undefined;
  /** Over how long the sockets are closed, ms. */
  readonly spreadMs: number;
  /** Monotonic, ms. */
  readonly now?: () => number;
}

/** After this a stop hangs, ms: the process ends. An orchestrator's own patience must be longer. */
export function stopBoundMs(spreadMs: number): number {
  return TASKS_MS + spreadMs + REST_MS;
}

/** Hands the tasks over, then the sockets, whatever became of the tasks. Rejects as the first of them did. */
export async function handOver({ stream, gateway, spreadMs, now = () => performance.now() }: Shutdown): Promise<void> {
  const end = now() + TASKS_MS + spreadMs;
  // 1
  gateway?.refuse();
  try {
    // 2
    await stream?.stop(TASKS_MS);
  } finally {
    // 3
    const left = Math.max(0, end - now());
    await gateway?.stop(left, Math.min(spreadMs, left));
  }
}
