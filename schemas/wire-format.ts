/** The Confluent wire format: byte 0x00, 4-byte big-endian schema id, Avro body. */
const MAGIC_BYTE = 0;
export const HEADER_BYTES = 5;
const SCHEMA_ID_OFFSET = 1;

/** True when the value can be in the wire format at all. */
export function hasHeader(value: Buffer): boolean {
  return value.length >= HEADER_BYTES && isMarked(value);
}

/** True when the value begins as the wire format does, be it whole or not. */
export function isMarked(value: Buffer): boolean {
  return value[0] === MAGIC_BYTE;
}

/** The schema id of a value that has a header, unsigned. */
export function readSchemaId(value: Buffer): number {
  return value.readUInt32BE(SCHEMA_ID_OFFSET);
}

/** Writes the header at `offset`. */
export function writeHeader(target: Buffer, offset: number, schemaId: number): void {
  target[offset] = MAGIC_BYTE;
  target.writeUInt32BE(schemaId, offset + SCHEMA_ID_OFFSET);
}

/** A whole value: the body behind its header. */
export function framed(body: Buffer, schemaId: number): Buffer {
  const value = Buffer.concat([Buffer.alloc(HEADER_BYTES), body]);
  writeHeader(value, 0, schemaId);
  return value;
}
