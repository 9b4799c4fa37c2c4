/** Handshakes with any headers: nobody gets in without the one good token, from a page that may connect. */
import fc from 'fast-check';
import { admit, type Handshake } from '../../../gateway/admission.js';
import { originRule } from '../../../gateway/origin.js';
import { refuse } from '../../../gateway/refusals.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { law, type Target } from '../target.js';

type HandshakeInput = { readonly handshake: { readonly [header: string]: string }; readonly isListed: boolean };

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const LISTED = 'https://erp.example.com';

const base = fc.record({
  key: fc.constantFrom('dGhlIHNhbXBsZSBub25jZQ==', ''),
  version: fc.constantFrom('13', '13', '13', '8', '', '013'),
  connection: fc.constantFrom('Upgrade', 'Upgrade', 'keep-alive, Upgrade', 'close', ''),
  extensions: fc.constantFrom('', 'permessage-deflate; client_max_window_bits'),
  origin: fc.constantFrom(
    '',
    LISTED,
    LISTED,
    `${LISTED}:444`,
    'http://erp.example.com',
    'https://erp.example.com.evil.test',
    'null',
    'https://evil.test',
    'https://ERP.example.com',
  ),
  host: fc.constantFrom(
    'erp.example.com',
    'erp.example.com:8080',
    'ERP.example.com',
    'evil.test',
    '',
    '[::1]:80',
    'user@evil.test',
    'erp.example.com/x',
  ),
  protocols: fc.constantFrom(
    `v1, bearer.${TOKEN}`,
    `v1,bearer.${TOKEN}`,
    `bearer.${TOKEN}, v1`,
    'v1',
    '',
    `v1, bearer.${TOKEN}, bearer.other`,
    `bearer.${TOKEN}`,
    'v2',
    `v1, Bearer.${TOKEN}`,
    'v1, bearer.',
  ),
  authorization: fc.constantFrom(
    '',
    '',
    `Bearer ${TOKEN}`,
    `bearer  ${TOKEN}`,
    `Basic ${TOKEN}`,
    'Bearer other',
    `Bearer ${TOKEN} x`,
    'Bearer ',
  ),
  query: fc.constantFrom(
    '',
    '',
    'cursor=5.0.1.topic',
    `token=${TOKEN}`,
    `x=${TOKEN}`,
    `cursor=${TOKEN}`,
    'access%5Ftoken=1',
    'a=1&a=2',
    '%',
    `x=Bearer%20${TOKEN}`,
  ),
});

const HEADERS = ['version', 'connection', 'origin', 'host', 'protocols', 'authorization', 'query'] as const;

const inputs = fc
  .record({ handshake: base, edited: fc.constantFrom(...HEADERS), bytes: byteEdits, isListed: fc.boolean() })
  .map(({ handshake, edited, bytes, isListed }): HandshakeInput => {
    const text = editBytes(Buffer.from(handshake[edited], 'latin1'), bytes).toString('latin1');
    return { handshake: { ...handshake, [edited]: text }, isListed };
  });

// A port may be empty (RFC 3986).
const HOST = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d*)?$/i;

/** The values of a query, by their percent signs and plus signs alone. */
function decodedQuery(query: string): string[] {
  return query.split('&').map((pair) => {
    const value = pair.slice(pair.indexOf('=') + 1).replace(/\+/g, ' ');
    return value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  });
}

/** What of a handshake may get in, read once more. */
function mayConnect({ version, origin, host, protocols, authorization, query }: Handshake, isListed: boolean): boolean {
  if (version !== '13') return false;
  if (origin !== '' && origin !== LISTED) {
    if (isListed) return false;
  }
  if (origin !== '' && !isListed) {
    const page = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$/.exec(origin)?.[1];
    const asked = HOST.exec(host)?.[1]?.toLowerCase();
    if (page === undefined || page !== asked) return false;
  }
  const offered = protocols.split(',').map((each) => each.trim());
  if (protocols !== '' && !offered.includes('v1')) return false;
  const carried = offered.filter((each) => each.startsWith('bearer.')).map((each) => each.slice(7));
  const inHeader = /^bearer +(\S+)$/i.exec(authorization)?.[1];
  const all = inHeader === undefined ? carried : [...carried, inHeader];
  return all.length === 1 && all[0] === TOKEN && !decodedQuery(query).some((value) => value === TOKEN);
}

const rules = [false, true].map((isListed) => ({
  originRule: originRule(isListed ? [LISTED] : []),
  tokens: (token: string) =>
    Promise.resolve(
      token === TOKEN
        ? ({ kind: 'identity', tenantId: 1n, userId: 7n, expiresAt: 1e15 } as const)
        : refuse('bad-token', 'not the one good token'),
    ),
  capacity: { check: () => undefined, take: () => undefined },
  now: () => 0,
}));

export const handshakes: Target<HandshakeInput> = {
  name: 'handshakes',
  inputs,
  async play({ handshake, isListed }) {
    const connection = [handshake['connection'] ?? ''];
    const asked = { ...handshake, connection, repeated: undefined } as unknown as Handshake;
    const result = await admit(asked, rules[Number(isListed)]!);
    law(
      !JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)).includes(TOKEN),
      'never shows the token',
    );
    if (result.kind === 'refused') {
      // More than `mayConnect` asks may be asked, but the plain good one gets in.
      const isPlain =
        asked.query === '' &&
        connection[0] === 'Upgrade' &&
        asked.authorization === '' &&
        (asked.origin === LISTED || asked.origin === '');
      law(!(isPlain && mayConnect(asked, isListed)), 'lets the good one in', () => result.reason);
      return `refused: ${result.reason}`;
    }
    // No browser sends such a Host; RFC 9110 has it refused.
    law(
      isListed || asked.origin === '' || HOST.test(asked.host),
      'lets no page in by a Host that is none',
      () => asked.host,
    );
    law(mayConnect(asked, isListed), 'lets nobody in who may not connect', () => JSON.stringify(handshake));
    law(result.protocol === (asked.protocols === '' ? '' : 'v1'), 'echoes v1 alone');
    return 'admitted';
  },
};
