/** FindCoordinator, for what kafkajs does not tell of its answer: the error. */
import { ByteWriter } from '../../../common/bytes.js';
import type { RawRequest } from './internals.js';
import { check } from './protocol-errors.js';
import { raw } from './raw-request.js';

const VERSION = 1;

/** What the key is that a coordinator is asked for. */
export const KeyType = { group: 0, transaction: 1 } as const;
export type KeyType = (typeof KeyType)[keyof typeof KeyType];

export function findCoordinator(key: string, type: KeyType): RawRequest<void> {
  return raw('FindCoordinator', VERSION, new ByteWriter(64).string(key).int8(type).bytes(), (reader) => {
    reader.throttle();
    check(reader.int16(), `FindCoordinator of ${key}`);
  });
}
