import { describe, expect, it, vi } from 'vitest';
import { ByteReader, ByteWriter } from '../../../../../common/bytes.js';
import type { Broker } from '../../../../../topology/kafka/protocol/internals.js';
import { askTopicIds, metadata } from '../../../../../topology/kafka/protocol/metadata.js';
import { idBytes, idOf } from '../../../../../topology/kafka/protocol/topic-id.js';

const ID = 'b3wtAT8MTGS0Xz2n3Eqk1A';
const NO_ID = Buffer.alloc(16);

interface Topic {
  readonly name: string;
  readonly id: Buffer;
  readonly errorCode?: number;
}

/** A Metadata v10 response of a cluster of two brokers; each topic has one partition, with three replicas. */
function response(topics: readonly Topic[]): Buffer {
  const out = new ByteWriter().uvarint(0).int32(0).uvarint(3);
  for (const node of [1, 2]) out.int32(node).compactString('host').int32(9092).uvarint(0).uvarint(0);
  out
    .compactString('cluster')
    .int32(1)
    .uvarint(topics.length + 1);
  for (const { name, id, errorCode = 0 } of topics) {
    out.int16(errorCode).compactString(name).raw(id).int8(0).uvarint(2);
    out.int16(0).int32(0).int32(1).int32(5);
    for (const replicas of [[1, 2, 3], [1, 2], []]) {
      out.uvarint(replicas.length + 1);
      for (const replica of replicas) out.int32(replica);
    }
    out.uvarint(0).int32(-1).uvarint(0);
  }
  return Buffer.from(out.int32(-1).uvarint(0).bytes());
}

async function read(topics: readonly Topic[]): Promise<ReadonlyMap<string, string>> {
  const request = metadata(topics.map(({ name }) => name));
  return request.response.parse(await request.response.decode(response(topics)));
}

describe('the ids of topics', () => {
  it('are asked for by name, without making a topic', async () => {
    const { request } = metadata(['tasks']);
    const body = new ByteReader((await request.encode()).buffer);
    body.tags();
    expect(body.uvarint()).toBe(2);
    expect(body.raw(16)).toEqual(NO_ID);
    expect(body.compactString()).toBe('tasks');
    body.tags();
    expect([body.int8(), body.int8(), body.int8()]).toEqual([0, 0, 0]);
    body.tags();
    expect(body.remaining).toBe(0);
  });

  it('are read in the form that kafka-topics prints', async () => {
    expect(await read([{ name: 'tasks', id: idBytes(ID) }])).toEqual(new Map([['tasks', ID]]));
    expect(idOf(idBytes(ID))).toBe(ID);
  });

  it('are left out where a topic has none', async () => {
    expect(
      await read([
        { name: 'old', id: NO_ID },
        { name: 'tasks', id: idBytes(ID) },
      ]),
    ).toEqual(new Map([['tasks', ID]]));
  });

  it('are an error that waiting may cure where a topic does not exist, which is named', async () => {
    await expect(read([{ name: 'gone', id: NO_ID, errorCode: 3 }])).rejects.toMatchObject({
      type: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: 'Metadata of gone: UNKNOWN_TOPIC_OR_PARTITION (3)',
    });
  });

  it.each<[string, Broker['versions'], number]>([
    ['knows them', { 3: { minVersion: 0, maxVersion: 12 } }, 1],
    ['is too old', { 3: { minVersion: 0, maxVersion: 9 } }, 0],
    ['has not said what it speaks', null, 0],
  ])('are asked of a broker that %s, or not at all', async (_, versions, asked) => {
    const send = vi.fn<Broker['connectionPool']['send']>();
    send.mockResolvedValue(new Map());
    await askTopicIds({ versions, connectionPool: { send } } as unknown as Broker, ['tasks']);
    expect(send).toHaveBeenCalledTimes(asked);
  });
});
