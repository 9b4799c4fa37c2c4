/** Asks a broker, in its own protocol and without a client library, which brokers serve its cluster. */
import { connect } from 'node:net';

const METADATA = 3;
const VERSION = 1;
const LONGEST_REPLY = 1_000_000;

/**
 * The ids of the brokers that are in service (registered and unfenced), as the broker at 127.0.0.1:port sees them.
 * A Metadata request of no topics: unlike an open port, its answer means that clients are served.
 * Rejects when there is no answer within `timeoutMs`.
 */
export function listBrokers(port: number, timeoutMs = 2_000): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('error', fail);
    socket.once('close', () => reject(new Error('connection closed')));
    socket.once('connect', () => socket.write(metadataRequest()));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readInt32BE(0);
      if (length < 0 || length > LONGEST_REPLY) {
        fail(new Error('not a Kafka broker'));
        return;
      }
      if (received.length < 4 + length) return;
      try {
        resolve(brokerIds(received.subarray(4, 4 + length)));
      } catch (error) {
        reject(new Error('not a Kafka broker', { cause: error }));
      }
      socket.destroy();
    });
  });
}

/** Frame length, header (key, version, correlation id, no client id), an empty array of topics. */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(18);
  request.writeInt32BE(14, 0);
  request.writeInt16BE(METADATA, 4);
  request.writeInt16BE(VERSION, 6);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(-1, 12);
  request.writeInt32BE(0, 14);
  return request;
}

/** Correlation id, then an array of (id int32, host string, port int32, rack nullable string). */
function brokerIds(reply: Buffer): number[] {
  const ids: number[] = [];
  let at = 4;
  const count = reply.readInt32BE(at);
  at += 4;
  for (let index = 0; index < count; index++) {
    ids.push(reply.readInt32BE(at));
    at += 4;
    at += 2 + Math.max(0, reply.readInt16BE(at)) + 4;
    at += 2 + Math.max(0, reply.readInt16BE(at));
  }
  return ids;
}
