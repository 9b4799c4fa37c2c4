/** Cuts a stream of the Kafka protocol into its frames: a length of 4 bytes, then that many. */

const LENGTH_BYTES = 4;

export class Frames {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #wanted = LENGTH_BYTES;

  /** Takes what came; calls back with each frame that is whole now, its length included. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    let rest = Buffer.concat(this.#chunks, this.#bytes);
    for (;;) {
      this.#wanted = rest.length < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + rest.readInt32BE(0);
      if (rest.length < this.#wanted) break;
      onFrame(rest.subarray(0, this.#wanted));
      rest = rest.subarray(this.#wanted);
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
  }
}
