/** A uWebSockets.js socket as a session sees it. */
import type { WebSocket } from 'uWebSockets.js';
import type { SessionSocket } from './session.js';

/** What `send` answers when the message was dropped for backpressure; 0 (queued) and 1 (written) are both fine. */
const DROPPED = 2;

export function sessionSocket<T>(ws: WebSocket<T>): SessionSocket {
  return {
    send(message) {
      let status = DROPPED;
      ws.cork(() => {
        status = ws.send(message, false, false);
      });
      return status !== DROPPED;
    },
    backlog: () => ws.getBufferedAmount(),
    end: (code, reason) => ws.end(code, reason),
    cut: () => ws.close(),
  };
}
