/** Characters of a bearer token (RFC 6750, b64token). */
export const BEARER_TOKEN = /^[\w\-.~+/]+=*$/;
