/** Where numbers and texts change their kind. */
import fc from 'fast-check';

const POWERS = [0n, 1n, 6n, 7n, 8n, 10n, 14n, 15n, 16n, 20n, 24n, 27n, 31n, 32n, 33n, 40n, 52n, 53n, 62n, 63n];

export const BORDER_NUMBERS: readonly bigint[] = [
  ...new Set(POWERS.flatMap((power) => [2n ** power - 1n, 2n ** power, 2n ** power + 1n, -(2n ** power)])),
  1_000_000n,
  1_000_001n,
];

/** JSON texts. */
export const BORDER_VALUES: readonly string[] = [
  ...['null', 'true', 'false', '0', '-0', '1', '-1', '1.5', '1e999', '-1e999', '1e-999', '9007199254740993', '1e18'],
  ...['9223372036854775807', '9223372036854775808', '""', '"0"', '"1"', '"-1"', '"007"', '"1e3"', '" 1"', '"1\\n"'],
  ...['"9223372036854775807"', '"9223372036854775808"', '"\\u0000"', '"\\ud800"', '"__proto__"', '"constructor"'],
  ...['[]', '{}', '[[]]', '[null]', '{"toString":1}', '"a\\r\\nb"', '"\\u202e"', '"null"', '"AVRO"', '"long"'],
];

export const BORDER_NAMES: readonly string[] = [
  ...[
    '',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
    'then',
    'a b',
    'a\u0000',
    '0',
    'é',
    '\ud800',
  ],
];

/** Any of the texts, with ` ¦ ` between them. */
export function texts(...lines: string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...lines.flatMap((line) => line.split(' ¦ ')));
}
