/** Reads a handshake out of an HTTP request, which uWebSockets.js takes away at the first await. */
import type { HttpRequest } from 'uWebSockets.js';
import type { Handshake } from './admission.js';

/** Headers that are one value: of two, a proxy may have checked the other one. */
const SINGLE = ['authorization', 'host', 'origin', 'sec-websocket-key', 'sec-websocket-version'] as const;
/** Headers that are lists: several lines are one list (RFC 9110, 5.3). */
const LISTS = ['connection', 'sec-websocket-extensions', 'sec-websocket-protocol'] as const;

type Name = (typeof SINGLE)[number] | (typeof LISTS)[number];

/** Copies what is needed; an absent header or query is an empty string. */
export function readHandshake(request: HttpRequest): Handshake {
  const lines = new Map<Name, string[]>([...SINGLE, ...LISTS].map((name) => [name, []]));
  // `getHeader` gives the first line of a name only.
  request.forEach((name, value) => lines.get(name as Name)?.push(value));
  const joined = (name: Name): string => lines.get(name)!.join(', ');
  // Declared as a string, but undefined for an address without a query (seen with uwebsockets 3.0.6).
  const query = request.getQuery() as string | undefined;
  return {
    key: joined('sec-websocket-key'),
    version: joined('sec-websocket-version'),
    connection: lines.get('connection')!,
    extensions: joined('sec-websocket-extensions'),
    protocols: joined('sec-websocket-protocol'),
    authorization: joined('authorization'),
    origin: joined('origin'),
    host: joined('host'),
    query: query ?? '',
    repeated: SINGLE.find((name) => lines.get(name)!.length > 1),
  };
}
