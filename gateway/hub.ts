/** Who is connected: the sockets of each user, within a cap for a user and one in all. */
export interface HubCaps {
  readonly maxSockets: number;
  readonly maxSocketsPerUser: number;
}

const NONE: ReadonlySet<never> = new Set();

export class Hub<S> {
  readonly #caps: HubCaps;
  readonly #users = new Map<string, Set<S>>();
  #size = 0;

  constructor(caps: HubCaps) {
    this.#caps = caps;
  }

  /** Sockets in all. */
  get size(): number {
    return this.#size;
  }

  /** Users with at least one socket. */
  get users(): number {
    return this.#users.size;
  }

  /** Why one more socket of this user is refused, or undefined. */
  full(key: string): 'full' | 'user-full' | undefined {
    if (this.#size >= this.#caps.maxSockets) return 'full';
    return this.sessionsOf(key).size >= this.#caps.maxSocketsPerUser ? 'user-full' : undefined;
  }

  /** Adds a socket; ask `full` first. A socket that is there already is not counted again. */
  add(key: string, socket: S): void {
    let sockets = this.#users.get(key);
    if (sockets === undefined) this.#users.set(key, (sockets = new Set()));
    if (sockets.has(socket)) return;
    sockets.add(socket);
    this.#size += 1;
  }

  /** Removes a socket; one that is not there is ignored. */
  remove(key: string, socket: S): void {
    const sockets = this.#users.get(key);
    if (!sockets?.delete(socket)) return;
    this.#size -= 1;
    // An empty set would stay for every user that was ever here.
    if (sockets.size === 0) this.#users.delete(key);
  }

  /** The user's sockets. A socket may be removed while they are walked through. */
  sessionsOf(key: string): ReadonlySet<S> {
    return this.#users.get(key) ?? NONE;
  }

  /** Every socket. */
  *[Symbol.iterator](): IterableIterator<S> {
    for (const sockets of this.#users.values()) yield* sockets;
  }
}
