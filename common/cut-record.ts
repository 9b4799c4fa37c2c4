/** What is left of a record that is too large for where it goes. */
import { RecordHeaders } from './record-headers.js';

interface Parts {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/**
 * Cut to so many bytes of key, value and headers together: the value to a prefix first, then the value goes, then the
 * key, then the headers. Views of what was given, not copies.
 */
export function cutRecord({ key, value, headers }: Parts, limit: number): Parts {
  const left = limit - (key?.length ?? 0) - headers.bytes.length;
  if (left > 0) return { key, value: value && value.subarray(0, left), headers };
  if (left === 0) return { key, value: null, headers };
  if (headers.bytes.length <= limit) return { key: null, value: null, headers };
  return { key: null, value: null, headers: RecordHeaders.NONE };
}
