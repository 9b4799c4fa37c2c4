/** Damages a batch where it lies on a broker's disk, as a disk would: the broker serves it as it is. */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Behind a batch's first bytes, which the broker writes itself: base offset, leader epoch, checksum. */
const OWN_BYTES = 21;
/** A byte of the first record. */
const DAMAGED = 45;

/** `data`: the broker's folder. `batch`: as it was sent. Gives what makes it whole again. */
export function damageBatch(data: string, topic: string, partition: number, batch: Buffer): () => void {
  const folder = join(data, `${topic}-${partition}`);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.log'))) {
    const path = join(folder, file);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(batch.subarray(OWN_BYTES));
    if (at < 0) continue;
    const place = at + DAMAGED;
    writeByte(path, place, bytes[place]! ^ 0xff);
    return () => writeByte(path, place, bytes[place]!);
  }
  throw new Error(`${folder} does not hold the batch`);
}

function writeByte(path: string, at: number, byte: number): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, Buffer.from([byte]), 0, 1, at);
  } finally {
    closeSync(file);
  }
}
