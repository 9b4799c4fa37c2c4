/** The issuer's key set, read from its address: bounded in bytes and in time, and in how many handshakes wait for it. */
import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { messageOf } from '../../topology/errors.js';

/** A real key set has a few KB. */
const MOST_BYTES = 1024 * 1024;
const MOST_MS = 5000;
/** Handshakes that wait for the set: tokens that name a key which we have do not wait, whatever comes beside them. */
const MOST_WAITING = 500;

/** Keys that can not be had are our trouble, not the token's: told apart so that the client is asked to come back. */
export class KeysUnavailable extends Error {}

/** Finds a token's key. Rejects with KeysUnavailable when the set can not be read now, else as jose does. */
export function remoteKeySet(url: string): JWTVerifyGetKey {
  const kids = new Set<string | undefined>();
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: MOST_MS,
    [customFetch]: async (address, options) => {
      const response = await boundedFetch(address, options);
      if (response.status === 200) await noteKids(response, kids);
      return response;
    },
  });
  let waiting = 0;
  return async (header, token) => {
    const waits = !keys.fresh || !kids.has(header.kid);
    if (waits && waiting >= MOST_WAITING) {
      throw new KeysUnavailable(`${MOST_WAITING} handshakes wait for the key set already`);
    }
    if (waits) waiting += 1;
    try {
      return await keys(header, token);
    } catch (error) {
      const isTokensFault =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      throw isTokensFault ? error : new KeysUnavailable(messageOf(error), { cause: error });
    } finally {
      if (waits) waiting -= 1;
    }
  };
}

/** The signal ends it when it takes too long, also in the middle of the body. */
const boundedFetch: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  // Nobody reads the body of another answer.
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    return response;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`The key set has more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: 200 });
};

/** Of a set that is none, jose says so. */
async function noteKids(response: Response, kids: Set<string | undefined>): Promise<void> {
  const text = await response.clone().text();
  kids.clear();
  for (const [, kid] of text.matchAll(/"kid"\s*:\s*"([^"\\]*)"/g)) kids.add(kid);
}
