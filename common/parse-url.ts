/**
 * The URL that a text is, or undefined. Not by `URL.canParse`: once Node 20 has compiled it, it takes the text's Latin-1 for UTF-8,
 * and says yes to `https://Ã\u0080`, for which `new URL` throws (found by the fuzzer, after 14,000 calls).
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // no URL: the caller says so
  }
}
