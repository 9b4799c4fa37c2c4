/** int64 ids, of which V8 has only bigints: most are small, and what is done with a bigint takes a call each. */

/** Where the halves of a BigInt64Array's number stand in an Int32Array on the same bytes: all the platforms of Node are little-endian but s390x. */
export const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
export const HIGH = 1 - LOW;

const whole = new BigInt64Array(1);
const halves = new Int32Array(whole.buffer);

/** The same text as String(id) makes; V8 keeps the texts of small numbers. */
export function decimalOf(id: bigint): string {
  whole[0] = id;
  return halves[HIGH] === 0 && halves[LOW]! >= 0 ? String(halves[LOW]) : String(id);
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Whether it is the digits of an id, as text. */
export function isPositiveInt64(given: unknown): given is string {
  return typeof given === 'string' && /^[1-9][0-9]{0,18}$/.test(given) && BigInt(given) <= MAX_INT64;
}
