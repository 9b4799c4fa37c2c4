/** The in-app topic as the gateway sees it: where each user's records have come to, and what a socket missed. */
import type { Cursor } from './cursor.js';
import type { OutgoingNotification } from './protocol.js';

export interface InAppLog {
  /** What the user's open sockets have seen: the next record that they are sent, as it comes. */
  position(key: string): Cursor;
  /** Reads what the socket missed to it, until nothing is missing. Returns at once; the reader is told how it goes. */
  resume(reader: ResumingReader): void;
  /** The socket is gone: nothing is read to it any more. */
  leave(reader: ResumingReader): void;
}

/**
 * A socket that was away. It is told `recovering` when what it missed is there, `replay` for each record, and at last
 * `live`; or how it ends otherwise: `lost`, `behind`.
 */
export interface ResumingReader {
  /** Its user, as the records' key. */
  readonly key: string;
  /** The offset of the first record that it has not seen; moves on with `replay`. */
  readonly next: number;
  /** It was told `recovering`: it goes on from where it could take no more. */
  readonly hasBegun: boolean;
  /** Everything that it missed is there. */
  recovering(): void;
  /**
   * Takes a record of its user and the offset after it; the notification is undefined when there is nothing to be sent of it.
   * False when it can take no more for now: it calls `resume` again when it can.
   */
  replay(notification: OutgoingNotification | undefined, next: number): boolean;
  /** Nothing is missing: what is published from now on goes to it. */
  live(): void;
  /** What it missed cannot be had any more: it goes on with what is published from now on. One that was told `recovering` is closed. */
  lost(): void;
  /** This gateway has not come as far as the reader. */
  behind(): void;
  /** As much was read for its user as may be for now. */
  refused(): void;
}

/** How much may be read for each user: what is read at once for several sockets of a user counts once. */
export interface ReadBudget {
  hasLeft(user: string): boolean;
  /** So many offsets were read for the user. */
  charge(user: string, offsets: number): void;
}
