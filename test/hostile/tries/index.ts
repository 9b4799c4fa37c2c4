/** Every try, by where it is made: the tables of docs/security-tests.md are printed from these. */
import type { GatewayScene } from '../gateway-scene.js';
import type { RecordScene } from '../record-scene.js';
import type { TryGroup } from '../try.js';
import { BATCHES } from './batches.js';
import { CONTENT } from './content.js';
import { DAMAGE } from './damage.js';
import { FRAMES } from './frames.js';
import { HEADERS } from './headers.js';
import { LARGE_RECORDS } from './large-records.js';
import { PRODUCT } from './product.js';
import { SCHEMA_IDS } from './schema-ids.js';
import { BUSY_SOCKETS, SOCKETS } from './sockets.js';
import { TOKENS } from './tokens.js';
import { VALUES } from './values.js';

export { BUSY_SOCKETS, CONTENT, PRODUCT };

export const RECORD_GROUPS: readonly TryGroup<RecordScene>[] = [
  LARGE_RECORDS,
  BATCHES,
  DAMAGE,
  HEADERS,
  SCHEMA_IDS,
  VALUES,
];
export const GATEWAY_GROUPS: readonly TryGroup<GatewayScene>[] = [TOKENS, FRAMES, SOCKETS];

export const ALL_GROUPS: readonly TryGroup<never>[] = [
  ...RECORD_GROUPS,
  ...GATEWAY_GROUPS,
  BUSY_SOCKETS,
  CONTENT,
  PRODUCT,
];
