/** A WebSocket client that does what no client should: it writes the handshake and the frames byte by byte. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface RawAnswer {
  /** Undefined when the connection was ended without one. */
  readonly status: number | undefined;
  readonly head: string;
}

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

const DEADLINE_MS = 15_000;
const HEAD_END = '\r\n\r\n';

export const TEXT = 1;
const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export class RawSocket {
  readonly frames: RawFrame[] = [];
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #head: string | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => undefined); // followed by close
    socket.on('close', () => (this.#isClosed = true));
  }

  static async open(port: number): Promise<RawSocket> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawSocket(socket);
  }

  /** A socket on which the gateway speaks frames. */
  static async upgraded(port: number, token: string, query = ''): Promise<RawSocket> {
    const socket = await RawSocket.open(port);
    socket.write(handshakeOf(query, [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${token}`]));
    const { status, head } = await socket.answer();
    if (status !== 101) throw new Error(`The handshake was answered with ${head || 'nothing'}, expected 101.`);
    return socket;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(bytes: Buffer | string): void {
    if (!this.#isClosed) this.#socket.write(bytes);
  }

  /** Reads no more: what comes stays in the kernel, then in the gateway. */
  stopReading(): void {
    this.#socket.pause();
  }

  end(): void {
    this.#socket.destroy();
  }

  /** The head of the answer to the handshake. */
  async answer(): Promise<RawAnswer> {
    await this.#until(() => this.#head !== undefined || this.#isClosed);
    const head = this.#head ?? '';
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
    return { status: status === undefined ? undefined : Number(status), head };
  }

  /** The code with which it was closed, 1006 when it was cut; undefined when it is open after all that time. */
  async closeCode(deadlineMs = DEADLINE_MS): Promise<number | undefined> {
    await this.#until(() => this.#isClosed || this.frames.some(({ opcode }) => opcode === CLOSE), deadlineMs);
    const close = this.frames.find(({ opcode }) => opcode === CLOSE);
    if (close) return close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005;
    return this.#isClosed ? 1006 : undefined;
  }

  /** Messages that came, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.frames
      .filter(({ opcode }) => opcode === TEXT)
      .map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  }

  async #until(condition: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (!condition() && performance.now() < deadline) await delay(5);
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#head === undefined) {
      const end = this.#received.indexOf(HEAD_END);
      if (end < 0) return;
      this.#head = this.#received.subarray(0, end).toString('latin1');
      this.#received = this.#received.subarray(end + HEAD_END.length);
    }
    this.#takeFrames();
  }

  #takeFrames(): void {
    for (;;) {
      const bytes = this.#received;
      if (bytes.length < 2) return;
      const stated = bytes[1]! & 0x7f;
      const head = stated === 126 ? 4 : stated === 127 ? 10 : 2;
      if (bytes.length < head) return;
      const length =
        stated === 126 ? bytes.readUInt16BE(2) : stated === 127 ? Number(bytes.readBigUInt64BE(2)) : stated;
      if (bytes.length < head + length) return;
      this.frames.push({ opcode: bytes[0]! & 0x0f, payload: Buffer.from(bytes.subarray(head, head + length)) });
      this.#received = bytes.subarray(head + length);
    }
  }
}

/** A handshake as a client would write it, with these lines in it. */
export function handshakeOf(
  query: string,
  lines: readonly string[],
  requestLine = `GET /v1/ws${query} HTTP/1.1`,
): string {
  return [
    requestLine,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...lines,
    '',
    '',
  ].join('\r\n');
}

export interface FrameOptions {
  /** The first byte: FIN, reserved bits and opcode. Default: a whole text. */
  readonly first?: number;
  readonly isMasked?: boolean;
  /** Says another length than it has, in eight bytes. */
  readonly statedLength?: bigint;
}

/** A client's frame. */
export function frame(payload: Buffer | string, options: FrameOptions = {}): Buffer {
  const { first = 0x80 | TEXT, isMasked = true, statedLength } = options;
  const content = Buffer.from(payload);
  const maskBit = isMasked ? 0x80 : 0;
  const head =
    statedLength !== undefined
      ? Buffer.concat([Buffer.from([first, maskBit | 127]), bigEndian(statedLength)])
      : content.length < 126
        ? Buffer.from([first, maskBit | content.length])
        : content.length < 65_536
          ? Buffer.from([first, maskBit | 126, content.length >> 8, content.length & 0xff])
          : Buffer.concat([Buffer.from([first, maskBit | 127]), bigEndian(BigInt(content.length))]);
  if (!isMasked) return Buffer.concat([head, content]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, content.map((byte, index) => byte ^ mask[index % 4]!)]);
}

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
}
