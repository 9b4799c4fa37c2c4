/** Listening with uWebSockets.js, as a promise. */
import uWS, { type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import { FatalError } from '../common/errors.js';
import { hostAndPort } from '../common/shown.js';

/** A listening app: its port, and how to take no more connections. */
export interface Listener {
  readonly port: number;
  stop(): void;
}

/**
 * LIBUS_LISTEN_EXCLUSIVE_PORT: else two processes could share a port unawares, each getting some of the sockets.
 * A port is free again at once after a restart, except one that 0 had picked: the library does not make that re-usable.
 */
const EXCLUSIVE_PORT = 1;

/** The declarations know the option only without a host; the library takes both. */
type Listen = (host: string, port: number, options: number, bound: (socket: us_listen_socket | false) => void) => void;

/** Listens on host and port, 0 for a free one. Rejects with FatalError when the address cannot be had. */
export function listen(app: TemplatedApp, host: string, port: number): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const bound = (socket: us_listen_socket | false): void => {
      if (socket === false) reject(new FatalError(failure(host, port)));
      else resolve({ port: uWS.us_socket_local_port(socket), stop: () => uWS.us_listen_socket_close(socket) });
    };
    (app.listen as unknown as Listen).call(app, host, port, EXCLUSIVE_PORT, bound);
  });
}

/** The library does not say why. */
function failure(host: string, port: number): string {
  return (
    `The gateway cannot listen on ${hostAndPort(host, port)}: another process has the port, the host is not an address of this ` +
    'machine, or the port needs more rights. Choose another GATEWAY_PORT or host.'
  );
}
