/** Binary formats as a list of numbers and bytes, and edits of that: a length that lies, a field that is missing or twice. */
import fc from 'fast-check';
import { BORDER_NUMBERS } from './borders.js';

type Form = 'varint' | 'int8' | 'int16' | 'int32' | 'int64';

export type Piece = { readonly form: Form; readonly value: bigint } | { readonly bytes: Buffer };

export function number(form: Form, value: bigint | number): Piece {
  return { form, value: BigInt(value) };
}

export interface PieceEdit {
  readonly kind: 'border' | 'near' | 'overlong' | 'drop' | 'double' | 'swap' | 'resize';
  readonly at: number;
  readonly by: number;
}

export const pieceEdits: fc.Arbitrary<readonly PieceEdit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('border', 'border', 'near', 'overlong', 'drop', 'double', 'swap', 'resize'),
    at: fc.nat(),
    by: fc.nat(255),
  }),
  { maxLength: 3 },
);

export function editPieces(pieces: readonly Piece[], edits: readonly PieceEdit[]): readonly Piece[] {
  return edits.reduce<readonly Piece[]>((given, edit) => {
    if (given.length === 0) return given;
    const at = edit.at % given.length;
    const [piece, next] = [given[at]!, given[(at + 1) % given.length]!];
    const replaced = replace(piece, next, edit);
    const rest = given.slice(at + 1);
    if (edit.kind === 'swap' && rest.length > 0) return [...given.slice(0, at), next, piece, ...rest.slice(1)];
    return [...given.slice(0, at), ...replaced, ...rest];
  }, pieces);
}

function replace(piece: Piece, next: Piece, { kind, by }: PieceEdit): readonly Piece[] {
  if (kind === 'drop') return [];
  if (kind === 'double') return [piece, piece];
  if (kind === 'swap') return [piece];
  if ('bytes' in piece) {
    const size = kind === 'near' ? piece.bytes.length + (by % 2 === 0 ? 1 : -1) : by;
    return [{ bytes: Buffer.concat([piece.bytes, Buffer.alloc(256, by)]).subarray(0, Math.max(0, size)) }];
  }
  if (kind === 'border') return [{ ...piece, value: BORDER_NUMBERS[by % BORDER_NUMBERS.length]! }];
  if (kind === 'near') return [{ ...piece, value: piece.value + BigInt((by % 5) - 2) }];
  if (kind === 'overlong' && piece.form === 'varint') return [{ bytes: overlong(encode(piece), by % 12) }];
  return [piece, 'bytes' in next ? next : piece];
}

export function join(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.map(encode));
}

/** The same number in more bytes than it needs. */
function overlong(varint: Buffer, more: number): Buffer {
  const longer = Buffer.concat([varint, Buffer.alloc(more, 0x80)]);
  if (more === 0) return varint;
  longer[varint.length - 1]! |= 0x80;
  longer[longer.length - 1] = 0;
  return longer;
}

const WIDTH = { int8: 1, int16: 2, int32: 4, int64: 8 } as const;

function encode(piece: Piece): Buffer {
  if ('bytes' in piece) return piece.bytes;
  const { form, value } = piece;
  if (form === 'varint') return zigzag(value);
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt.asUintN(64, value));
  return eight.subarray(8 - WIDTH[form]);
}

/** Bytes of a zigzag varint, of a number of up to 65 bits. */
function zigzag(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value < 0n ? -value * 2n - 1n : value * 2n;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}
