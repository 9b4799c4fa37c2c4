/** The check of tokens against one by node:crypto: header, claims and signature of any kind, signed with the right key or not. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createTokenVerifier } from '../../../gateway/token.js';
import { BORDER_VALUES } from '../borders.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editedJson, jsonEdits } from '../edit-json.js';
import { checkToken } from '../oracles/token-check.js';
import { law, type Target } from '../target.js';

type TokenInput = { readonly token: string; readonly isBound: boolean };

const SECRET = 'a secret of the fuzzer, 32 bytes or more';
const NOW = 1_800_000_000_000;
const BOUND = { issuer: 'https://id.test', audience: 'erp' };
const verifiers = [false, true].map((isBound) =>
  createTokenVerifier({ jwtSecret: SECRET, clockSkewS: 5, ...(isBound ? BOUND : {}) }),
);

const seconds = NOW / 1000;
const times = fc.constantFrom<unknown>(
  seconds + 60,
  seconds,
  seconds + 0.5,
  seconds - 1,
  seconds + 5,
  seconds + 6,
  1e300,
  `${seconds + 60}`,
);
const optional = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: some });

const seldom = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: jsonEdits });

const inputs = fc
  .record({
    header: fc.record({
      alg: fc.constantFrom(...new Array<string>(20).fill('HS256'), 'none', 'HS512', 'RS256', 'hs256', 'ES256'),
      typ: optional(fc.constantFrom('JWT', 'at+jwt')),
      kid: optional(fc.constantFrom('1', '../../dev/null')),
      crit: optional(fc.constantFrom(['exp'], [], ['b64'], 'b64')),
      b64: optional(fc.constantFrom(true, false)),
    }),
    claims: fc.record({
      sub: fc.constantFrom<unknown>(
        '7',
        '7',
        '7',
        '9223372036854775807',
        '9223372036854775808',
        '0',
        '-1',
        '07',
        7,
        ' 7',
        '7\n',
        '٧',
      ),
      tenant: fc.constantFrom<unknown>('1', '1', '1', 1, '01', '', null, ['1']),
      exp: fc.oneof(fc.constant(seconds + 60), times),
      nbf: optional(times),
      iat: optional(times),
      iss: fc.constantFrom<unknown>(
        'https://id.test',
        'https://id.test',
        'https://id.test/',
        ['https://id.test'],
        undefined,
      ),
      aud: fc.constantFrom<unknown>('erp', ['erp', 'x'], 'ERP', ['x'], undefined),
    }),
    headerEdits: seldom,
    claimEdits: seldom,
    signer: fc.constantFrom(...new Array<string>(20).fill('sha256'), 'sha512', 'other', 'none'),
    bytes: byteEdits,
    /** Edits of the claims' own bytes, before they are signed. */
    inner: byteEdits,
    ending: fc.constantFrom(...new Array<string>(20).fill(''), '.', '=', ' ', '\n', '.x'),
    isBound: fc.boolean(),
    value: fc.constantFrom(...BORDER_VALUES),
    isValue: fc.nat(12).map((roll) => roll === 0),
  })
  .map(
    ({
      header,
      claims,
      headerEdits,
      claimEdits,
      signer,
      bytes,
      inner,
      ending,
      isBound,
      value,
      isValue,
    }): TokenInput => {
      const claimsText = isValue ? value : editedJson(claims, claimEdits);
      const head = Buffer.from(editedJson(header, headerEdits)).toString('base64url');
      const body = editBytes(Buffer.from(claimsText), inner).toString('base64url');
      const hash = signer === 'sha512' ? 'sha512' : 'sha256';
      const key = signer === 'other' ? 'another secret, of 32 bytes or more' : SECRET;
      const signature = signer === 'none' ? '' : createHmac(hash, key).update(`${head}.${body}`).digest('base64url');
      return {
        token: editBytes(Buffer.from(`${head}.${body}.${signature}`), bytes).toString('latin1') + ending,
        isBound,
      };
    },
  );

export const tokens: Target<TokenInput> = {
  name: 'tokens',
  inputs,
  async play({ token, isBound }) {
    const ours = await verifiers[Number(isBound)]!(token, NOW);
    const strict = checkToken(token, NOW, { secret: SECRET, skewS: 5, ...(isBound ? BOUND : {}) });
    if (ours.kind === 'refused') {
      // What is no base64url is refused, or read as what it would be without its faults.
      const isPlain = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
      law(strict === undefined || !isPlain, 'honours what a strict check honours', () => ours.message);
      law(
        !ours.message.includes(SECRET) && (token.length < 20 || !ours.message.includes(token)),
        'never shows a secret',
      );
      return `refused: ${ours.reason} ${ours.message.replace(/\d+/g, 'N')}`;
    }
    law(Number.isFinite(ours.expiresAt), 'honours no token without an end');
    law(strict !== undefined, 'honours nothing that a strict check refuses', () => `expires at ${ours.expiresAt}`);
    const { tenantId, userId, expiresAt } = ours;
    law(
      `${tenantId}|${userId}|${expiresAt}` === `${strict.tenantId}|${strict.userId}|${strict.expiresAt}`,
      'takes the person from the token, as a strict check does',
    );
    return 'read';
  },
};
