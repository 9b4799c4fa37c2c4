/**
 * Avro's decimal as a text, `12.50` of scale 2: a number of JavaScript holds no cents. Its bytes are the digits without
 * the point, a big-endian two's complement.
 */
import { MalformedBodyError } from './cursor.js';

/** More than 2,000 digits. To turn more of them into a text takes a time that no record is worth. */
const MAX_BYTES = 1024;
const MAX_DIGITS = 2000;

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Digits behind the point; undefined for what is no valid decimal, which Avro takes for the bytes that it is made of. */
export function decimalScale(schema: Readonly<Record<string, unknown>>): number | undefined {
  const { logicalType, precision, scale = 0 } = schema;
  const isValid =
    logicalType === 'decimal' && isCount(precision) && precision > 0 && isCount(scale) && scale <= precision;
  return isValid ? scale : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

/** Throws a MalformedBodyError for no bytes, and for more than a decimal has. */
export function decimalText(bytes: Uint8Array, scale: number): string {
  if (bytes.length === 0 || bytes.length > MAX_BYTES)
    throw new MalformedBodyError(`a decimal of ${bytes.length} bytes; expected 1 to ${MAX_BYTES}`);
  const digits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return textOf(BigInt.asIntN(8 * bytes.length, digits), scale);
}

/** A number, as it is written in JSON, with as many digits behind the point; undefined when it is none, or has more of them. */
export function atScale(written: string, scale: number): string | undefined {
  const digits = digitsOf(written, scale);
  return digits === undefined ? undefined : textOf(digits, scale);
}

/** The bytes of a decimal's text: as few as hold it, or `size` of them. Undefined for what does not fit. */
export function decimalBytes(text: string, scale: number, size?: number): Buffer | undefined {
  const digits = digitsOf(text, scale);
  if (digits === undefined) return undefined;
  const magnitude = digits < 0n ? -digits - 1n : digits;
  const needed = Math.ceil((magnitude.toString(2).length + 1) / 8);
  const length = size ?? needed;
  if (length < needed) return undefined;
  const hex = BigInt.asUintN(8 * length, digits).toString(16);
  return Buffer.from(hex.padStart(2 * length, '0'), 'hex');
}

/** The digits without the point. */
function digitsOf(written: string, scale: number): bigint | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] =
    written.length > MAX_DIGITS ? [] : (NUMBER.exec(written) ?? []);
  if (whole === undefined) return undefined;
  const digits = whole + fraction;
  const zeros = Number(exponent) + scale - fraction.length;
  if (zeros < 0 && /[1-9]/.test(digits.slice(zeros))) return undefined;
  const amount = BigInt((zeros < 0 ? digits.slice(0, zeros) : digits + '0'.repeat(zeros)) || '0');
  return sign === '-' ? -amount : amount;
}

function textOf(digits: bigint, scale: number): string {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const sign = digits < 0n ? '-' : '';
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
