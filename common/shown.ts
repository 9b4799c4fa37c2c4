/** A value as it may be shown in a fault: quoted, and without the credentials that it may hold. */

/**
 * Everything up to the last @, except the scheme, whatever stands there: a password may hold any character, also one
 * that a URL does not allow. More than the credentials may go, never less.
 */
const CREDENTIALS = /^(\s*[a-z][a-z0-9+._-]*:\/\/)?[^]*(?:@|%40|＠)/i;

/** Behind a colon, where there is no @ (yet): what is no port may be a password. An IPv6 address in brackets is none. */
const NO_PORT =
  /((?:^|,)\s*(?:[a-z][a-z0-9+._-]*:\/\/)?(?:\[[\da-f:.]+\]|(?!\[[\da-f:.]+\](?:[:/?#,\s]|$))[^:,]*):(?!\/\/))(?!\d{1,5}(?:[/?#,\s]|$))[^,]+/gi;

/** Host and port as a URL has them. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For an option that is no secret. */
export function shown(value: string): string {
  return JSON.stringify(masked(value));
}

/** For one that says where something is: it may be half of a URL with credentials. */
export function shownAddress(value: string): string {
  return JSON.stringify(maskedAddress(value));
}

/** As `shown`, without quotes. */
export function masked(value: string): string {
  return value.replace(CREDENTIALS, (_, scheme: string | undefined) => `${scheme ?? ''}***@`);
}

/** As `shownAddress`, without quotes. */
export function maskedAddress(value: string): string {
  return masked(CREDENTIALS.test(value) ? value : value.replace(NO_PORT, '$1***'));
}
