import type { Rate } from './rate-limit.js';

/** Every bound of the gateway; a socket can make it hold no more than these say. */
export interface GatewayLimits {
  /** Open sockets and handshakes under way, together. */
  readonly maxSockets: number;
  /** Handshakes taken on at once, and a second in the long run: a storm of clients that come back is spread out. */
  readonly handshakeBurst: number;
  readonly handshakesPerSecond: number;
  /** Connections that are no sockets (yet); one more is closed at once. The library closes each after 10 s. */
  readonly maxHttpConnections: number;
  /** Handshakes whose tokens wait for the issuer's keys. Of tokens that are not checked yet, so that bad ones do not count as sockets. */
  readonly maxUnchecked: number;
  /** Handshakes of one user, with good tokens. */
  readonly userHandshakes: Rate;
  /** Resumes of one user, of sockets that missed something. */
  readonly userResumes: Rate;
  /** Offsets of the in-app topic that are read again for one user. */
  readonly userOffsets: Rate;
  /** Delivery records that one user's acks make. */
  readonly userRecords: Rate;
  /** Open sockets of one user: tabs and devices. */
  readonly maxSocketsPerUser: number;
  /** A client's message; a longer one closes the socket. */
  readonly maxMessageBytes: number;
  /** Bytes a slow reader may leave unread in our memory (the kernel holds more) before its socket is closed. */
  readonly maxBackpressureBytes: number;
  /** A socket that is silent this long, pongs included, is closed. 8 to 960. */
  readonly idleTimeoutS: number;
  /** A socket older than this is asked to connect again; up to a tenth less, so that they don't all come at once. */
  readonly maxLifetimeMs: number;
  /** Messages a socket may send at once; the first ack of a notification is free. */
  readonly inboundBurst: number;
  /** Messages a second that it may send in the long run. */
  readonly inboundPerSecond: number;
  /** Notifications a socket remembers having been sent: these can be acked, and are not sent twice. */
  readonly rememberedNotifications: number;
  /** All sockets together: beyond it each has an equal share. Some 21 bytes each. */
  readonly rememberedInAll: number;
  /** Memory for the eventIds of what was sent lately, all sockets together; at least 1 MB. */
  readonly eventIdBytes: number;
  /** Notifications known to be confirmed, of all users together: another ack of one makes no other record. */
  readonly rememberedRecords: number;
  /** A socket that resumes is read no more to while so many bytes wait unread in our memory. */
  readonly maxReplayBacklogBytes: number;
  /** A socket is told its cursor when this long has passed since it last was; up to half less, so that not all are at once. */
  readonly cursorIntervalMs: number;
  /** How often expired tokens and old sockets are looked for. */
  readonly sweepMs: number;
}

export const DEFAULT_LIMITS: GatewayLimits = Object.freeze({
  maxSockets: 20_000,
  handshakeBurst: 1000,
  handshakesPerSecond: 1000,
  maxHttpConnections: 4000,
  maxUnchecked: 1000,
  userHandshakes: { burst: 20, perSecond: 1 },
  userResumes: { burst: 10, perSecond: 1 / 5 },
  userOffsets: { burst: 2_000_000, perSecond: 2_000_000 / 60 },
  userRecords: { burst: 2000, perSecond: 10 },
  maxSocketsPerUser: 20,
  maxMessageBytes: 4 * 1024,
  maxBackpressureBytes: 64 * 1024,
  idleTimeoutS: 60,
  maxLifetimeMs: 4 * 60 * 60 * 1000,
  inboundBurst: 100,
  inboundPerSecond: 10,
  rememberedNotifications: 1000,
  rememberedInAll: 8_000_000,
  eventIdBytes: 64 * 1024 * 1024,
  rememberedRecords: 256 * 1024,
  maxReplayBacklogBytes: 16 * 1024,
  cursorIntervalMs: 60_000,
  sweepMs: 1000,
});
