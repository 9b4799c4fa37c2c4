/** Records made unfit. */
import type { Sent } from './workload.js';

/** Nobody registers this many schemas. */
export const UNKNOWN_ID = 900_000_000;

/** The record with other bytes, under another key. */
export function spoilt(sent: Sent, key: string, spoil: (value: Buffer) => Buffer): Sent {
  return { ...sent, message: { ...sent.message, key, value: spoil(Buffer.from(sent.message.value as Buffer)) } };
}

export function withSchemaId(id: number): (value: Buffer) => Buffer {
  return (value) => {
    value.writeUInt32BE(id, 1);
    return value;
  };
}
