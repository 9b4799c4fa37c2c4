/** Bounds how many connections a server holds: whoever keeps many open must not keep others out, nor take every descriptor. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * One more than `most` ends the oldest. The one that comes is nearly always the one to keep: an operator's question
 * takes milliseconds, and what has been open for long is idle or somebody's who means no good. `dropped` hears of each.
 */
export function limitConnections(server: Server, most: number, dropped: () => void): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (open.size <= most) return;
    // Sets keep the order in which they were filled.
    const [oldest] = open;
    open.delete(oldest!);
    oldest!.destroy();
    dropped();
  });
  return open;
}
