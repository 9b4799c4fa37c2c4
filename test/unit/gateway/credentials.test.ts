import { describe, expect, it } from 'vitest';
import { credentialsOf } from '../../../gateway/credentials.js';

const NONE = { protocols: '', authorization: '', query: '' };

describe('the credentials of a handshake', () => {
  it.each([
    ['a subprotocol', { protocols: 'v1, bearer.a.b.c' }, 'v1'],
    ['a subprotocol, in any order and spacing', { protocols: 'bearer.a.b.c,v1' }, 'v1'],
    ['an Authorization header', { authorization: 'Bearer a.b.c' }, ''],
    ['an Authorization header of another case', { authorization: 'bearer  a.b.c' }, ''],
    ['a header beside an offered protocol', { protocols: 'v1', authorization: 'Bearer a.b.c' }, 'v1'],
    ['a header, with a query that holds no token', { authorization: 'Bearer a.b.c', query: 'cursor=12&tab=2' }, ''],
  ])('come from %s', (_what, headers, protocol) => {
    expect(credentialsOf({ ...NONE, ...headers })).toEqual({ kind: 'credentials', token: 'a.b.c', protocol });
  });

  it.each([
    ['nothing', {}, 'no-token'],
    ['an empty token', { protocols: 'v1, bearer.' }, 'no-token'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'no-token'],
    ['only the token as a subprotocol', { protocols: 'bearer.a.b.c' }, 'bad-handshake'],
    ['two tokens', { protocols: 'v1, bearer.a.b.c, bearer.d.e.f' }, 'bad-handshake'],
    ['a token parameter', { authorization: 'Bearer a.b.c', query: 'Token=x' }, 'token-in-query'],
    ['a JWT as a bare name', { protocols: 'v1, bearer.a.b.c', query: 'eyJh.eyJz.c2ln' }, 'token-in-query'],
    ['a JWT under any name', { authorization: 'Bearer a.b.c', query: 'q=Bearer%20eyJh.eyJz.c2ln' }, 'token-in-query'],
  ])('are refused when there is %s', (_what, headers, reason) => {
    expect(credentialsOf({ ...NONE, ...headers })).toMatchObject({ kind: 'refused', reason });
  });
});
