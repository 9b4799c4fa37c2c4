/**
 * Which web pages may connect. With a list, an Origin header must be exactly one of it. Without a list, its host name must
 * be the one that the request was sent to, on any port and scheme. A request without Origin is not from a page, and the token alone decides.
 */
import { ConfigError } from '../common/errors.js';
import { parseUrl } from '../common/parse-url.js';
import { shown } from '../common/shown.js';

export type OriginRule = (origin: string, host: string) => boolean;

/**
 * The rule for the configured origins, such as `https://erp.example.com`.
 * Throws ConfigError that lists every entry that is not an origin: a path, a wildcard or a trailing slash would never match.
 */
export function originRule(allowed: readonly string[]): OriginRule {
  const faults = allowed
    .filter((entry) => !isOrigin(entry))
    .map(
      (entry) =>
        `GATEWAY_ALLOWED_ORIGINS: ${shown(entry)} is not an origin; expected one such as https://erp.example.com`,
    );
  if (faults.length > 0) throw new ConfigError(faults);
  const exact = new Set(allowed);
  return (origin, host) => origin === '' || (exact.size > 0 ? exact.has(origin) : isSameHost(origin, host));
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && parseUrl(text)?.origin === text;
}

function isSameHost(origin: string, host: string): boolean {
  const asked = /^[^\s/?#@\\]+$/.test(host) ? parseUrl(`http://${host}`) : undefined;
  return asked !== undefined && isOrigin(origin) && new URL(origin).hostname === asked.hostname;
}
