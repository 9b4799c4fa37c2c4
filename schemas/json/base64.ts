/** Bytes as Go writes its []byte: in base64, padded to four characters for each three bytes. */

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Undefined for what is no text in base64. */
export function bytesOfBase64(json: unknown): Buffer | undefined {
  const isBase64 = typeof json === 'string' && json.length % 4 === 0 && BASE64.test(json);
  return isBase64 ? Buffer.from(json, 'base64') : undefined;
}
