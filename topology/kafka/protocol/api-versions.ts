/** ApiVersions v3: which requests a broker speaks, and what the cluster was set to; kafkajs's own, v2, does not tell the latter. */
import { ByteReader, ByteWriter } from '../../../common/bytes.js';
import { ApiKey, type ApiName } from './api-keys.js';
import { ErrorCode } from './error-codes.js';
import type { Broker, RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { compactList, raw } from './raw-request.js';

const VERSION = 3;
/** The tagged fields that hold what this broker could be set to, and what the whole cluster was. */
const SUPPORTED_FEATURES = 0;
const FINALIZED_FEATURES = 2;

export interface Spoken {
  /** The newest version of each request, by api key. */
  readonly newest: ReadonlyMap<number, number>;
  /** The level of each feature that was ever set. */
  readonly features: ReadonlyMap<string, number>;
  /** The highest level of each feature that this broker knows, whatever the cluster was set to. */
  readonly supported: ReadonlyMap<string, number>;
}

/** The newest version of a request that the broker speaks, as kafkajs asked it; 0 when it has not said. */
export function newestVersion(broker: Broker, api: ApiName): number {
  return broker.versions?.[ApiKey[api]]?.maxVersion ?? 0;
}

/** A feature is finalized only when every broker has it: any of them may be asked. One before 2.4 does not say. */
export function apiVersions(): RawRequest<Spoken | undefined> {
  const body = new ByteWriter(64).uvarint(0).compactString('notification-streams').compactString('1').uvarint(0);
  return raw<Spoken | undefined>('ApiVersions', VERSION, body.bytes(), (reader) => {
    // Its header has no tagged fields in any version, so that every client can read it; an error comes in the layout of v0.
    const errorCode = reader.int16();
    if (errorCode === ErrorCode.UNSUPPORTED_VERSION) return undefined;
    check(errorCode, 'ApiVersions');
    const newest = new Map(
      compactList(reader, () => {
        const apiKey = reader.int16();
        reader.int16(); // oldest version
        return [apiKey, reader.int16()] as const;
      }),
    );
    reader.throttle();
    return { newest, ...readFeatures(reader) };
  });
}

function readFeatures(reader: ByteReader): Pick<Spoken, 'features' | 'supported'> {
  const found = new Map<number, ReadonlyMap<string, number>>();
  for (let left = reader.uvarint(); left > 0; left -= 1) {
    const tag = reader.uvarint();
    const field = new ByteReader(reader.raw(reader.uvarint()));
    if (tag === SUPPORTED_FEATURES)
      found.set(
        tag,
        levels(field, (_lowest, highest) => highest),
      );
    if (tag === FINALIZED_FEATURES)
      found.set(
        tag,
        levels(field, (highest) => highest),
      );
  }
  return {
    features: found.get(FINALIZED_FEATURES) ?? new Map<string, number>(),
    supported: found.get(SUPPORTED_FEATURES) ?? new Map<string, number>(),
  };
}

/** Both fields have a name and two levels; which of them comes first is not the same in both. */
function levels(field: ByteReader, pick: (first: number, second: number) => number): ReadonlyMap<string, number> {
  return new Map(
    compactList(field, () => {
      const feature = field.compactString();
      const first = field.int16();
      return [feature, pick(first, field.int16())] as const;
    }),
  );
}
