/** The configuration from a file, --set and the environment: accepted as it is meant, or refused with every fault and without a secret. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readConfig } from '../../../bin/read-config.js';
import { parseConfig, type Config } from '../../../topology/worker/config.js';
import { OPTION_NAMES } from '../../../topology/worker/options.js';
import { ConfigError } from '../../../common/errors.js';
import { BORDER_NUMBERS } from '../borders.js';
import { byteEdits, editBytes } from '../edit-bytes.js';
import { editedJson, jsonEdits } from '../edit-json.js';
import { attempt, law, type Target } from '../target.js';

type ConfigInput = {
  readonly file: string;
  readonly set: readonly string[];
  readonly options: { readonly [name: string]: string };
};

/** Whoever writes a configuration wrong may do so at a secret: in the middle of it stands this. */
const SECRET = 'h7Gq2sZ1xWvK9';
const LONG_SECRET = `${SECRET}-${'s'.repeat(40)}`;

const GOOD: Readonly<Record<string, string>> = {
  KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
  SCHEMA_REGISTRY_URL: `https://user:${SECRET}@registry.test/apis`,
  JWT_SECRET: LONG_SECRET,
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: 'us',
  KAFKA_SASL_PASSWORD: SECRET,
  START_FROM: '2026-01-31T00:00:00Z',
  DEDUP_WINDOW: '7d',
  ROLES: 'stream,gateway',
};

const values = fc.oneof(
  fc.constantFrom(...BORDER_NUMBERS.map(String), '9'.repeat(400), '1.5', ' 1', '0x10', '１'),
  fc.constantFrom(
    '7d',
    `${'9'.repeat(30)}d`,
    `${'9'.repeat(400)}ms`,
    '0s',
    '1h ',
    'stream',
    'STREAM',
    ',',
    'true',
    'TRUE',
  ),
  fc.constantFrom(
    'earliest',
    '2026-02-31',
    '2026-01-01T99:00',
    '9999-12-31',
    'host:0',
    'host:65536',
    'host:99999',
    'a:b:1',
  ),
  fc.constantFrom(
    `http://u:${SECRET}@h`,
    `http://u:a/${SECRET}@h`,
    `http//u:${SECRET}@h`,
    `https://${SECRET}@`,
    `ftp://u:${SECRET}@h`,
    `http://u:${SECRET} @h`,
  ),
  fc.constantFrom('__proto__', 'constructor', '../../etc', 'a\r\nb', '\u0000', 'x'.repeat(300)),
);

const edited = fc.record({ name: fc.constantFrom(...OPTION_NAMES), value: values });

const inputs = fc
  .record({
    options: fc.array(edited, { maxLength: 3 }),
    dropped: fc.array(fc.constantFrom(...Object.keys(GOOD)), { maxLength: 2 }),
    fileEdits: fc.oneof(fc.constant([]), jsonEdits),
    fileBytes: byteEdits,
    set: fc.array(
      fc.constantFrom(
        `JWT_SECRET=${LONG_SECRET}`,
        `JWT_SECRET:${SECRET}`,
        `=${SECRET}`,
        `JWT_SECRET ${SECRET}`,
        `jwt_secret=${SECRET}`,
        'HTTP_PORT=1',
      ),
      { maxLength: 1 },
    ),
  })
  .map(({ options, dropped, fileEdits, fileBytes, set }): ConfigInput => {
    const file = { HTTP_PORT: 9464, GATEWAY_ALLOWED_ORIGINS: ['https://a.test'], KAFKA_SASL_PASSWORD: SECRET };
    const all = { ...GOOD, ...Object.fromEntries(options.map(({ name, value }) => [name, value])) };
    return {
      file: editBytes(Buffer.from(editedJson(file, fileEdits)), fileBytes).toString('latin1'),
      set,
      options: Object.fromEntries(Object.entries(all).filter(([name]) => !dropped.includes(name))),
    };
  });

const path = join(mkdtempSync(join(tmpdir(), 'fuzz-config-')), 'config.json');
const NEEDS = { registry: true, gateway: true };

export const config: Target<ConfigInput> = {
  name: 'config',
  inputs,
  play({ file, set, options }) {
    writeFileSync(path, file);
    const parsed = attempt([ConfigError], () => parseConfig(options, NEEDS));
    const read = attempt([ConfigError], () => readConfig({ config: path, set }, options, NEEDS));
    for (const result of [parsed, read]) {
      if (!(result instanceof Error)) continue;
      const { faults } = result;
      law(faults.length > 0, 'names a fault');
      const leak = faults.find((fault) => fault.includes(SECRET.slice(2, -2)));
      law(leak === undefined, `shows no secret of ${sourceOf(leak ?? '')}`, () => leak ?? '');
    }
    if (parsed instanceof Error) return 'refused';
    const config = parsed.value;
    for (const [name, value] of Object.entries(config))
      law(typeof value !== 'number' || Number.isSafeInteger(value), `takes no number that is none: ${name}`, () =>
        JSON.stringify(value),
      );
    law(
      config.kafkaBrokers.every((broker) => Number(broker.split(':').at(-1)) <= 65_535),
      'takes no port that is none',
    );
    law(Object.isFrozen(config), 'is frozen');
    law(sameValues(config, parseConfig(options, NEEDS)), 'is the same when it is read again');
    return `read${read instanceof Error ? ': not with the file or --set' : ''}`;
  },
};

function sourceOf(fault: string): string {
  return fault.startsWith('--set')
    ? '--set'
    : fault.startsWith('the config file')
      ? 'a file that is no JSON'
      : 'a value';
}

function sameValues(a: Config, b: Config): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
