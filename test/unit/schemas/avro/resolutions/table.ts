/**
 * Writers' schemas, a value of each, and what Avro's own reader makes of it with our schema. The unit tests hold us to it;
 * test/integration/avro-java.test.ts asks Avro's reader for Java.
 */
import { encodings, timestamps } from './encodings.js';
import { fewerFields, moreFields, names } from './fields.js';
import type { ResolutionRow } from './row.js';
import { references, whole } from './schemas.js';
import { collections, promotions, unions } from './values.js';

export const RESOLUTIONS: readonly ResolutionRow[] = [
  ...names,
  ...moreFields,
  ...fewerFields,
  ...promotions,
  ...collections,
  ...unions,
  ...whole,
  ...references,
  ...encodings,
  ...timestamps,
];
