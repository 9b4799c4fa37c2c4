/** Appends a batch as it is, over a connection of its own: no client of anybody's would send such batches. */
import { connect } from 'node:net';

import { ByteReader, ByteWriter } from '../../../common/bytes.js';
import { Frames } from '../../chaos/frames.js';
import { testKafka } from '../../integration/harness/topics.js';

const PRODUCE = 0;
/** The last version before the flexible ones. */
const PRODUCE_VERSION = 8;
const DEADLINE_MS = 60_000;

/** Gives the offset of its first record. Throws when the broker refuses it. */
export async function produceRaw(brokers: string, topic: string, partition: number, batch: Buffer): Promise<number> {
  const { host, port } = await leaderOf(brokers, topic, partition);
  const answer = await exchange(host, port, requestOf(topic, partition, batch));
  return readAnswer(answer, `${topic}-${partition}`);
}

async function leaderOf(brokers: string, topic: string, partition: number): Promise<{ host: string; port: number }> {
  const admin = testKafka(brokers).admin();
  await admin.connect();
  try {
    const [cluster, { topics }] = await Promise.all([
      admin.describeCluster(),
      admin.fetchTopicMetadata({ topics: [topic] }),
    ]);
    const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
    const found = cluster.brokers.find(({ nodeId }) => nodeId === leader);
    if (!found) throw new Error(`${topic}-${partition} has no leader`);
    return found;
  } finally {
    await admin.disconnect();
  }
}

function requestOf(topic: string, partition: number, batch: Buffer): Buffer {
  const out = new ByteWriter();
  out.int16(PRODUCE).int16(PRODUCE_VERSION).int32(1).string('hostile');
  out.int16(-1); // no transactional id
  out.int16(-1).int32(30_000); // acks, timeout
  out.int32(1).string(topic);
  out.int32(1).int32(partition).int32(batch.length).raw(batch);
  const body = out.bytes();
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function exchange(host: string, port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const frames = new Frames();
    const socket = connect(port, host, () => socket.write(request));
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`the broker did not answer in ${DEADLINE_MS} ms`)));
    socket.on('data', (chunk: Buffer) =>
      frames.push(chunk, (frame) => {
        resolve(frame);
        socket.destroy();
      }),
    );
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the broker cut the connection')));
  });
}

function readAnswer(frame: Buffer, where: string): number {
  const reader = new ByteReader(frame, 8); // behind length and correlation id
  reader.int32(); // topics: one
  reader.string();
  reader.int32(); // partitions: one
  reader.int32();
  const code = reader.int16();
  const offset = reader.int64();
  if (code !== 0) throw new Error(`the broker refuses the batch for ${where}: error ${code}`);
  return offset;
}
