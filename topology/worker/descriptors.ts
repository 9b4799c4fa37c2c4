/**
 * File descriptors: a process has so many, and a stranger's connection takes one. What strangers may take is bounded, so
 * that the rest is there for brokers, registry and disk. A reserve of descriptors that are let go when they run short
 * would not help: the next stranger takes them.
 */
import { readFileSync } from 'node:fs';
import type { Logger } from '../../common/log.js';

/** What a worker needs beside the gateway's connections: brokers (some for each task), registry, HTTP_PORT, store. */
const RESERVE = 512;
/** The gateway's connections, those included that are no sockets (yet). */
const CONNECTIONS_A_SOCKET = 1.2;

/** How many files this process may have open; Infinity where nothing says so. Node has raised it as far as it may. */
export function descriptorLimit(limits = readLimits()): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)\b/m.exec(limits) ?? [];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}

/** What the gateway may hold: no more than it wants, and never the reserve, which is half of a limit that is very low. */
export function connectionsWithin(limit: number, wanted: number): { maxSockets: number; maxHttpConnections: number } {
  const left = Math.floor(limit - Math.min(RESERVE, limit / 2));
  const maxSockets = Math.min(wanted, Math.floor(left / CONNECTIONS_A_SOCKET));
  const all = Math.min(left, Math.ceil(wanted * CONNECTIONS_A_SOCKET));
  return { maxSockets, maxHttpConnections: all - maxSockets };
}

/** Connections to HTTP_PORT, out of the reserve. Far more than there are probers: one is answered before so many strangers have come after it. */
export function probersWithin(limit: number): number {
  return Math.min(RESERVE / 2, Math.ceil(limit / 4));
}

/** How many files a worker wants to have open. `sockets`: that the gateway wants; 0 without one. */
export function descriptorsWanted(sockets: number): number {
  return Math.ceil(sockets * CONNECTIONS_A_SOCKET) + RESERVE;
}

/** The line says how many sockets it takes, of those that the gateway wants. */
export function warnWhenLow(limit: number, sockets: number, log: Logger): void {
  const wanted = descriptorsWanted(sockets);
  if (limit >= wanted) return;
  log.warn(
    { limit, wanted, ...(sockets > 0 && { sockets: connectionsWithin(limit, sockets).maxSockets }) },
    'the limit on open files is low: raise it (ulimit -n, LimitNOFILE= of the systemd unit, the ulimits of the container)',
  );
}

function readLimits(): string {
  // Other systems do not have it.
  return process.platform === 'linux' ? readFileSync('/proc/self/limits', 'utf8') : '';
}
