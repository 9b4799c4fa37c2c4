/** Which action URLs go out. One rule for every output: in-app, push, an e-mail's body and HTML, and the links of templates. */
import type { ActionUrlFault } from '../common/correction.js';
import { parseUrl } from '../common/parse-url.js';

/** Why the URL does not go out; undefined for one that goes out as it came. */
export type ActionUrlRule = (url: string) => ActionUrlFault | undefined;

export const DEFAULT_ACTION_URL_SCHEMES: readonly string[] = ['https', 'http'];

/** In UTF-16 units: more than browsers and servers take. */
const MAX_LENGTH = 8192;
/**
 * A browser drops tabs and line ends wherever they stand (`java\nscript:`), and takes a backslash for a slash, which
 * other parsers do not. Format characters turn the text around or are not seen at all.
 */
const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\]/u;
/** A browser drops spaces here; an app may not, and takes the scheme for another one. */
const SPACE_AT_AN_END = /^\s|\s$/;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const AUTHORITY = /^\/\/([^/?#]*)/;

/** RFC 3986's scheme, in lower case. */
const SCHEME_NAME = /^[a-z][a-z0-9+.-]*$/;
/** Here the page or the script comes with the link, or from the reader's disk. */
const NEVER_ALLOWED = new Set(['javascript', 'vbscript', 'data', 'blob', 'filesystem', 'file', 'about', 'view-source']);
/** A browser reads `https:host`, `https:/host` and `https:///host` alike; whoever checks the text does not see the host. */
const WITH_HOST = new Set(['http', 'https', 'ws', 'wss', 'ftp']);

/** What is wrong with a scheme in ACTION_URL_SCHEMES; undefined when it may be allowed. */
export function schemeFault(scheme: string): string | undefined {
  if (!SCHEME_NAME.test(scheme)) return `${JSON.stringify(scheme)} is no scheme; expected names such as https,http`;
  if (NEVER_ALLOWED.has(scheme)) return `${scheme} can bring its own page or script, and is never allowed`;
  return undefined;
}

/**
 * Accepts URLs of these schemes (lower case), and paths of the site: what begins with one slash, and no second one. IDN
 * hosts that look like others are not looked for.
 */
export function createActionUrlRule(schemes: readonly string[]): ActionUrlRule {
  const allowed = new Set(schemes);
  return (url) => {
    if (url.length > MAX_LENGTH) return 'too-long';
    if (MISLEADING.test(url) || SPACE_AT_AN_END.test(url)) return 'characters';
    if (url.startsWith('/') && !url.startsWith('//')) return undefined;
    const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
    return scheme === undefined || !allowed.has(scheme) ? 'scheme' : hostFault(url, scheme);
  };
}

function hostFault(url: string, scheme: string): ActionUrlFault | undefined {
  const authority = AUTHORITY.exec(url.slice(scheme.length + 1))?.[1];
  // Also without a password: `https://bank.example@evil.example`.
  if (authority?.includes('@') === true) return 'credentials';
  if (WITH_HOST.has(scheme) && (authority === undefined || authority === '')) return 'malformed';
  return parseUrl(url) === undefined ? 'malformed' : undefined;
}
