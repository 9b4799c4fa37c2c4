import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../../gateway/token.js';
import { messageOf, startGateway, tokenOf, type Harness } from './harness.js';

const [OLD, NEW, NEWER] = ['old', 'new', 'newer'].map((name) => name.padEnd(32, '.')) as [string, string, string];

let secrets: readonly string[] = [];
const current = (): readonly string[] => secrets;

describe('a secret that is changed', () => {
  it('lets in whoever has a token by it or by the one before, and nobody else, as they are at that moment', async () => {
    const verify = createTokenVerifier({ jwtSecret: current });
    const kinds = async (): Promise<string[]> =>
      Promise.all([OLD, NEW, NEWER].map(async (secret) => (await verify(await tokenOf({}, secret), Date.now())).kind));
    secrets = [OLD];
    expect(await kinds()).toEqual(['identity', 'refused', 'refused']);
    secrets = [NEW, OLD];
    expect(await kinds()).toEqual(['identity', 'identity', 'refused']);
    secrets = [NEW];
    expect(await kinds()).toEqual(['refused', 'identity', 'refused']);
  });

  it('says of a token by the one before what is wrong with it', async () => {
    secrets = [NEW, OLD];
    const verify = createTokenVerifier({ jwtSecret: current });
    expect(await verify(await tokenOf({ exp: 1 }, OLD), Date.now())).toMatchObject({ reason: 'expired-token' });
  });
});

describe('sockets', () => {
  let harness: Harness;
  beforeEach(async () => (harness = await startGateway({ token: { jwtSecret: current } })));
  afterEach(() => harness.gateway.close(100));

  it('live on when the secret that they came by is gone, while nobody comes by it any more', async () => {
    secrets = [OLD];
    const before = await harness.connect(await tokenOf({}, OLD));
    secrets = [NEW, OLD];
    const others = [await harness.connect(await tokenOf({}, OLD)), await harness.connect(await tokenOf({}, NEW))];
    secrets = [NEW];
    expect(await harness.refusal(['v1', `bearer.${await tokenOf({}, OLD)}`])).toMatchObject({ status: 401 });
    harness.gateway.publish(messageOf());
    for (const client of [before, ...others]) expect(await client.messages('notification')).toHaveLength(1);
  });
});
