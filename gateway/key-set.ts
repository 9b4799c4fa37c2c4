/** The issuer's key set, read from its address: bounded in bytes and in time, in how often it is read, and in how many handshakes wait for it. */
import { createLocalJWKSet, errors, type CryptoKey, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { messageOf } from '../common/errors.js';

/** A real key set has a few KB. */
const MOST_BYTES = 1024 * 1024;
const MOST_MS = 5000;
/** How long a set that was read is taken to be the issuer's, ms: a key that the issuer takes back counts for that long. */
const FRESH_MS = 10 * 60_000;
/** Between two tries to read again, each for an old set and for a key that the set does not hold, ms. */
const COOLDOWN_MS = 10_000;
/** Handshakes that wait for the set: tokens that name a key which we have do not wait, whatever comes beside them. */
const MOST_WAITING = 500;

/** Keys that cannot be had are our trouble, not the token's: told apart so that the client is asked to come back. */
export class KeysUnavailable extends Error {}

/** JSON of somebody else. */
type MaybeKeySet = Partial<JSONWebKeySet>;

/** Where the key of a token is found. */
export interface KeySource {
  /** Rejects with KeysUnavailable when no set can be read, else as jose does. */
  readonly find: JWTVerifyGetKey;
  /** Asks for newer keys than those that a token did not fit; false when that was done a moment ago. Rejects with KeysUnavailable. */
  readonly renew: () => Promise<boolean>;
}

/** The key set at an address. When it cannot be read again, the last one stays good, however old. */
export class RemoteKeySet implements KeySource {
  readonly #url: string;
  readonly #onRead: (fault: string | undefined) => void;
  #keys: JWTVerifyGetKey | undefined;
  #readAt = -Infinity;
  #triedAt = -Infinity;
  #soughtAt = -Infinity;
  #reading: Promise<void> | undefined;
  #fault: KeysUnavailable | undefined;
  #waiting = 0;

  /** `onRead` is told how each try to read it ended. */
  constructor(url: string, onRead: (fault: string | undefined) => void) {
    this.#url = url;
    this.#onRead = onRead;
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keyOf(keys, header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (await this.renew()) return keyOf(this.#keys!, header, token);
      if (this.#fault !== undefined) throw this.#fault;
      throw error;
    }
  };

  readonly renew = async (): Promise<boolean> => {
    const now = performance.now();
    if (this.#reading === undefined) {
      if (now - this.#soughtAt < COOLDOWN_MS) return false;
      this.#soughtAt = now;
    }
    await this.#read();
    return true;
  };

  async #current(): Promise<JWTVerifyGetKey> {
    const now = performance.now();
    if (this.#keys === undefined) await this.#read();
    else if (now - this.#readAt >= FRESH_MS && now - this.#triedAt >= COOLDOWN_MS) {
      // When it fails, `onRead` knows, and the last keys stay good.
      await Promise.allSettled([this.#read()]);
    }
    return this.#keys!;
  }

  /** One at a time, which whoever asks waits for. Rejects with KeysUnavailable. */
  async #read(): Promise<void> {
    if (this.#waiting >= MOST_WAITING) {
      throw new KeysUnavailable(`${MOST_WAITING} handshakes wait for the key set already`);
    }
    this.#waiting += 1;
    try {
      await (this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined)));
    } finally {
      this.#waiting -= 1;
    }
  }

  async #readOnce(): Promise<void> {
    this.#triedAt = performance.now();
    try {
      this.#keys = createLocalJWKSet((await fetchSet(this.#url)) as JSONWebKeySet);
      this.#readAt = performance.now();
      this.#fault = undefined;
    } catch (error) {
      this.#fault = new KeysUnavailable(messageOf(error), { cause: error });
    }
    this.#onRead(this.#fault?.message);
    if (this.#fault !== undefined) throw this.#fault;
  }
}

/** A key of the set that cannot be used is the issuer's fault. */
async function keyOf(keys: JWTVerifyGetKey, ...[header, token]: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
  try {
    return (await keys(header, token)) as CryptoKey;
  } catch (error) {
    const isTokensFault =
      error instanceof errors.JWKSNoMatchingKey ||
      error instanceof errors.JWKSMultipleMatchingKeys ||
      error instanceof errors.JOSENotSupported;
    throw isTokensFault ? error : new KeysUnavailable(messageOf(error), { cause: error });
  }
}

/** The signal ends it when it takes too long, also in the middle of the body. */
async function fetchSet(url: string): Promise<MaybeKeySet> {
  const headers = { accept: 'application/json, application/jwk-set+json' };
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(MOST_MS) });
  if (response.status !== 200 || response.body === null) {
    // Nobody reads the body of another answer.
    await response.body?.cancel();
    throw new Error(`The key server answers ${response.status}; expected 200.`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`The key set has more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  const set = parseSet(Buffer.concat(chunks).toString());
  // A set that is none is refused by jose.
  if (set.keys?.length === 0) throw new Error('The key set holds no key.');
  return set;
}

/** What a parser says quotes what it read. */
function parseSet(text: string): MaybeKeySet {
  try {
    return JSON.parse(text) as MaybeKeySet;
  } catch (error) {
    throw new Error('The key set is no JSON.', { cause: error });
  }
}
