/**
 * The eventIds of what was sent lately, by where each was written: once for all the sockets that it went to, a UUID in 17 bytes.
 * Pieces are taken as they are needed, and the oldest is written over when there are as many as there may be.
 */

const PIECE_BYTES = 1024 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** First byte of an entry: a UUID's 16 bytes follow, or a length in two bytes and the text. */
const IS_UUID = 1;
const IS_TEXT = 2;
const UUID_BYTES = 17;
const TEXT_HEADER = 3;

export class EventIds {
  readonly #pieces: Buffer[] = [];
  readonly #mostPieces: number;
  /** Bytes written in all: where the next one goes. */
  #end = 0;

  /** At least one piece of 1 MB. */
  constructor(mostBytes: number) {
    this.#mostPieces = Math.max(1, Math.floor(mostBytes / PIECE_BYTES));
  }

  /** Memory that is taken. */
  get bytes(): number {
    return this.#pieces.length * PIECE_BYTES;
  }

  /** Remembers an eventId of up to 64 KB; returns where it is. */
  add(eventId: string): number {
    if (UUID.test(eventId)) {
      const at = this.#reserve(UUID_BYTES);
      const piece = this.#pieceOf(at);
      piece[at % PIECE_BYTES] = IS_UUID;
      piece.write(eventId.replaceAll('-', ''), (at % PIECE_BYTES) + 1, 'hex');
      return at;
    }
    const length = Buffer.byteLength(eventId);
    const at = this.#reserve(TEXT_HEADER + length);
    const piece = this.#pieceOf(at);
    piece[at % PIECE_BYTES] = IS_TEXT;
    piece.writeUInt16LE(length, (at % PIECE_BYTES) + 1);
    piece.write(eventId, (at % PIECE_BYTES) + TEXT_HEADER);
    return at;
  }

  /** Undefined when it was written over. */
  get(at: number): string | undefined {
    const oldestPiece = Math.floor((this.#end - 1) / PIECE_BYTES) - this.#mostPieces + 1;
    if (Math.floor(at / PIECE_BYTES) < oldestPiece) return undefined;
    const piece = this.#pieceOf(at);
    const from = at % PIECE_BYTES;
    if (piece[from] === IS_UUID) {
      const hex = piece.toString('hex', from + 1, from + UUID_BYTES);
      return [[0, 8], [8, 12], [12, 16], [16, 20], [20]].map(([start, end]) => hex.slice(start, end)).join('-');
    }
    return piece.toString('utf8', from + TEXT_HEADER, from + TEXT_HEADER + piece.readUInt16LE(from + 1));
  }

  /** Reserves so many bytes in one piece. */
  #reserve(bytes: number): number {
    const left = PIECE_BYTES - (this.#end % PIECE_BYTES);
    const at = bytes <= left ? this.#end : this.#end + left;
    this.#end = at + bytes;
    return at;
  }

  #pieceOf(at: number): Buffer {
    const index = Math.floor(at / PIECE_BYTES) % this.#mostPieces;
    return (this.#pieces[index] ??= Buffer.allocUnsafeSlow(PIECE_BYTES));
  }
}
