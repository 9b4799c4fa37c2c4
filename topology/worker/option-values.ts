/** What an option may be set to: a schema from its text to its value, described by what it expects. Faults say the same words. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { BEARER_TOKEN } from '../../common/bearer-token.js';
import { certificatesIn } from '../../common/certificates.js';
import { parseUrl } from '../../common/parse-url.js';
import { schemeFault } from '../../processors/action-url.js';
import { canonicalLocale, localeFault } from '../../processors/rules/locales.js';
import type { OffsetSpec } from '../kafka/index.js';
import type { DeadLetterBudgetLimits } from '../task/dead-letter-budget.js';

const DURATION = /^(\d+)(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A hundred years: what is longer is a slip, and past 2^53 no number holds it. */
const LONGEST_MS = 36_500 * UNIT_MS.d;

const matching = (pattern: RegExp, expected: string) =>
  z.string().regex(pattern, `expected ${expected}`).describe(expected);

export const whole = (min: number, max: number, what: string) => {
  const expected = `${what}, from ${min} to ${max}`;
  return matching(/^-?\d+$/, expected)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `expected ${expected}`)
    .describe(expected);
};

export const port = whole(0, 65_535, 'a port number; 0 picks a free one');

/** In milliseconds. */
export const duration = matching(DURATION, 'a number and a unit (ms, s, m, h, d), such as 7d')
  .transform((text) => {
    const [, count, unit] = DURATION.exec(text)!;
    return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  })
  .refine((ms) => ms >= 1000, 'expected at least 1s')
  .refine((ms) => ms <= LONGEST_MS, 'expected at most 36500d')
  .describe('a number and a unit (ms, s, m, h, d), such as 7d, from 1s to 36500d');

const BUDGET = '<percent>%/<least number of records>/<time>, such as 50%/1000/1m, or off';

/** Undefined for `off`. */
export const deadLetterBudget = z
  .string()
  .transform((given, context): DeadLetterBudgetLimits | undefined => {
    if (given === 'off') return undefined;
    const [, percent, leastRecords, time] = /^(\d{1,3})%\/(\d{1,9})\/(.+)$/.exec(given) ?? [];
    const window = duration.safeParse(time);
    const isWithin = Number(percent) >= 1 && Number(percent) <= 100 && Number(leastRecords) >= 1;
    if (isWithin && window.success)
      return { percent: Number(percent), leastRecords: Number(leastRecords), windowMs: window.data };
    const message =
      time !== undefined && isWithin ? `the time: ${window.error!.issues[0]!.message}` : `expected ${BUDGET}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .describe(BUDGET);

export const text = (expected: string, min = 1) => z.string().min(min, `expected ${expected}`).describe(expected);

export const oneOf = <const Words extends readonly [string, string, ...string[]]>(words: Words) => {
  const expected = `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
  return z.enum(words, { error: `expected ${expected}` }).describe(expected);
};

export const flag = oneOf(['true', 'false'])
  .transform((word) => word === 'true')
  .describe('true or false');

/** Texts with commas between; blanks around them do not count. */
export const list = z.string().transform((items) =>
  items
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const afterHost = ({ pathname, search, hash }: URL): string => pathname + search + hash;

export const httpUrl = z
  .string()
  .refine((url) => /^https?:\/\/[^/\s]+/.test(url) && parseUrl(url) !== undefined, 'expected an http or https URL')
  .refine(
    // What was meant as a password is then taken for a path, and shown as one.
    (given) => {
      const url = parseUrl(given);
      return url === undefined || !afterHost(url).includes('@');
    },
    'expected a URL whose / ? # and @ in user and password are percent-encoded',
  )
  .describe('an http or https URL');

/** Shown in messages, and no place for credentials that have options of their own. */
export const tokenUrl = httpUrl
  .refine((given) => {
    const url = parseUrl(given);
    return url === undefined || (url.username === '' && url.password === '');
  }, 'expected a URL without user and password: those are KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET')
  .describe('an http or https URL without user and password');

export const httpUrls = z
  .string()
  .superRefine((urls, context) => {
    for (const url of urls.split(',')) {
      const { error } = httpUrl.safeParse(url.trim());
      if (error === undefined) continue;
      const [{ message } = { message: '' }] = error.issues;
      const several = urls.includes(',') ? '; several have commas between, a comma in a password is %2C' : '';
      context.addIssue({ code: 'custom', message: message + several });
      return;
    }
  })
  .describe('an http or https URL, or several with commas between');

export const startFrom = z
  .string()
  .transform((given, context): OffsetSpec => {
    if (given === 'earliest' || given === 'latest') return given;
    const time = Date.parse(given);
    if (/^\d{4}-\d{2}-\d{2}/.test(given) && !Number.isNaN(time)) return time;
    context.addIssue({ code: 'custom', message: 'expected earliest, latest, or a time such as 2026-01-31T00:00:00Z' });
    return z.NEVER;
  })
  .describe('earliest, latest, or a time such as 2026-01-31T00:00:00Z');

export const roles = list
  .refine(
    (names): names is ('stream' | 'gateway')[] =>
      names.length > 0 && names.every((name) => name === 'stream' || name === 'gateway'),
    'expected stream, gateway, or both with a comma between',
  )
  .describe('stream, gateway, or both with a comma between');

export const schemes = list
  .transform((names) => names.map((scheme) => scheme.toLowerCase()))
  .superRefine((names, context) => {
    const faults = names.map(schemeFault).filter((fault) => fault !== undefined);
    if (names.length === 0) faults.push('expected names of schemes, such as https,http');
    for (const message of faults) context.addIssue({ code: 'custom', message });
  })
  .describe('names of schemes, such as https,http');

/** Canonical, each once. */
export const locales = list
  .transform((tags, context): readonly [string, ...string[]] => {
    const faults = tags.map(localeFault).filter((fault) => fault !== undefined);
    const canonical = tags.map(canonicalLocale).filter((tag) => tag !== undefined);
    const [byDefault, ...others] = new Set(canonical);
    if (byDefault !== undefined && faults.length === 0) return [byDefault, ...others];
    for (const message of faults.length > 0 ? faults : ['expected language tags, such as en,vi']) {
      context.addIssue({ code: 'custom', message });
    }
    return z.NEVER;
  })
  .describe('BCP 47 language tags with commas between, such as en,vi');

/** Kafka's rules for a topic's name, less what a prefix may take. */
export const name = matching(/^[a-zA-Z0-9._-]{1,150}$/, 'letters, digits, dot, dash or underscore (up to 150)');

/** As it stands in client ids, beside the application's name. */
export const workerName = matching(/^[a-zA-Z0-9._-]{1,60}$/, 'letters, digits, dot, dash or underscore (up to 60)');

/** An empty one is none. */
export const prefix = matching(/^[a-zA-Z0-9._-]{0,80}$/, 'letters, digits, dot, dash or underscore (up to 80)');

/** A name, an IPv4 address, or an IPv6 address in brackets. */
const isBroker = (broker: string): boolean => {
  const [, ipv6, portNumber] = /^(?:\[(.*)\]|[^\s:@/[\]]+):(\d{1,5})$/.exec(broker) ?? [];
  return Number(portNumber) <= 65_535 && (ipv6 === undefined || isIPv6(ipv6));
};

const BROKERS = 'host:port or [IPv6 address]:port, several with commas between';

export const brokers = list
  .refine((all) => all.length > 0 && all.every(isBroker), {
    error: ({ input }) =>
      String(input).includes('@')
        ? 'expected host:port; a name and a password are KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD'
        : `expected ${BROKERS}`,
  })
  .describe(BROKERS);

/** An address to listen on; an IPv6 one may stand in brackets, as in a URL. */
export const address = text('an address')
  .transform((given) => given.replace(/^\[(.*)\]$/, '$1'))
  .describe('an address');

/** Stands for a file that could not be read, which is a fault by itself: as long as any secret must be, and sound everywhere. */
export const UNREAD = '(unread)'.padEnd(32);

const CERTIFICATES = 'one or more certificates in PEM';

export const pemCertificates = z
  .string()
  .refine((pem) => pem === UNREAD || certificatesIn(pem) !== undefined, `expected ${CERTIFICATES}`)
  .describe(CERTIFICATES);

export const pemKey = matching(/^\(unread\)|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, 'a private key in PEM');

const TOKEN = 'a bearer token in one line (RFC 6750: letters, digits, - . _ ~ + / and = at its end)';

/** Without the blanks around it. */
export const bearerToken = z
  .string()
  .transform((given) => given.trim())
  .refine((token) => token === UNREAD.trim() || BEARER_TOKEN.test(token), `expected ${TOKEN}`)
  .describe(TOKEN);

const COMMAND =
  'a program and its arguments with blanks between, without quotes: what needs a shell goes into a script';

/** Words. Whoever writes quotes, pipes or variables means a shell, and there is none. */
export const commandWords = matching(/^[^'"`$|&;<>()\\\n]*[^'"`$|&;<>()\\\s]$/, COMMAND)
  .transform((words): readonly string[] => words.trim().split(/ +/))
  .describe(COMMAND);

const PAIRS = 'name=value, several with commas between';

/** As an object. */
export const pairs = list
  .refine((all) => all.length > 0 && all.every((pair) => /^[A-Za-z]+=[^=\s]+$/.test(pair)), `expected ${PAIRS}`)
  .transform((all): Readonly<Record<string, string>> =>
    Object.fromEntries(all.map((pair) => pair.split('=') as [name: string, value: string])),
  )
  .describe(PAIRS);
