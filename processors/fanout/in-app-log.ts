/** The in-app topic as the gateway sees it: where each user's records have come to, and what a socket missed. */
import type { OutgoingNotification } from './protocol.js';

export interface InAppLog {
  /** What offsets are of; see cursor.ts. */
  readonly epoch: string;
  /** The offset of the next record that the user's sockets are sent as it comes. */
  position(key: string): number;
  /** Reads what the socket missed to it, until nothing is missing. Returns at once; the reader is told how it goes. */
  resume(reader: ResumingReader): void;
}

/** A socket that was away. Told `recovering`, then `replay` as often as there is something, then `live`; or one of the other two. */
export interface ResumingReader {
  /** Its user, as the records' key. */
  readonly key: string;
  /** The offset of the first record that it has not seen; moves on with `replay`. */
  readonly next: number;
  /** False once the socket is closed, or no longer resumes. */
  readonly isResuming: boolean;
  /** Everything that it missed is there. */
  recovering(): void;
  /**
   * Takes a record of its user and the offset after it; the notification is undefined when there is nothing to be sent of it.
   * False when it can take no more for now: it calls `resume` again when it can.
   */
  replay(notification: OutgoingNotification | undefined, next: number): boolean;
  /** Nothing is missing: what is published from now on goes to it. */
  live(): void;
  /** What it missed can not be had any more: it goes on with what is published from now on. */
  lost(): void;
  /** This gateway has not come as far as the reader. */
  behind(): void;
}
