/** `dlq list | show | export | purge`, on dead letters of a real worker. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LIMITED_USER } from '../../dev/stack/secured.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { spoilt, UNKNOWN_ID, withSchemaId } from './harness/poison.js';
import { aclsOf, type Right } from './harness/rights.js';
import { testStack } from './harness/test-stack.js';
import { testKafka } from './harness/topics.js';
import { startWorker } from './harness/worker.js';
import type { Sent } from './harness/workload.js';

const REASONS = ['bad-magic', 'invalid-event', 'undecodable', 'unknown-schema'];
let test: TestEnvironment;
let sent: Record<'invalid' | 'unknown' | 'cut' | 'json', Sent>;
const folder = mkdtempSync(join(tmpdir(), 'notification-streams-dlq-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  test = await prepareEnvironment('dlq', 2);
  const { task } = messagesOf(test);
  const headers = { 'trace-id': 't-1' };
  const good = task({ eventId: 'cut', taskTitle: 'Call Linh' }, { partition: 0 });
  const invalid = task({ eventId: 'invalid', tenantId: 0n, taskTitle: 'Call Linh' }, { partition: 0 });
  sent = {
    invalid: { ...invalid, message: { ...invalid.message, headers } },
    unknown: spoilt(good, 'unknown', withSchemaId(UNKNOWN_ID)),
    cut: spoilt(good, 'cut', (value) => value.subarray(0, value.indexOf('Linh'))),
    json: spoilt(good, 'json', () => Buffer.from('{"email":"linh@example.com"}')),
  };
  await produceAll(test.prefix, Object.values(sent));
  await produceAll(test.prefix, [{ topic: 'NOTIFICATION_DLQ', message: { key: 'strange', value: Buffer.from('x') } }]);
  const worker = startWorker({ env: test.env('worker', { ROLES: 'stream', RETRY_BACKOFF_MS: '20' }) });
  await untilProcessed(test.prefix);
  await worker.stop();
});

async function dlq(args: readonly string[], over: Readonly<Record<string, string>> = {}) {
  const command = startWorker({ env: test.env('dlq', over), args: ['dlq', ...args] });
  const { code } = await command.exited;
  return { lines: command.lines, code };
}

function objectsIn(lines: readonly string[]): Record<string, unknown>[] {
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('dlq', { timeout: 60_000 }, () => {
  it('lists dead letters as a table, as sums and as JSON, and counts what is none', async () => {
    const [table, sums, json] = await Promise.all([
      dlq(['list']),
      dlq(['list', '--by', 'reason', '--topic', 'TASK_EVENT_TOPIC', '--since', '1h']),
      dlq(['list', '--json', '--reason', 'invalid-event,failed']),
    ]);
    expect(table.lines[0]).toMatch(/^LETTER +AGE +REASON +ORIGIN +REPLAYS +SIZE +MESSAGE$/);
    const rows = table.lines.slice(1, 5).map((line) => line.split(/ {2,}/));
    expect(rows.map(([, , reason]) => reason).sort()).toEqual(REASONS);
    for (const [place, age, , origin, replays] of rows)
      expect([place, age, origin, replays]).toEqual([
        expect.stringMatching(/^[01]:\d+$/),
        expect.stringMatching(/^\d+s$/),
        expect.stringMatching(new RegExp(`^${test.prefix}TASK_EVENT_TOPIC-[01]@\\d$`)),
        '0',
      ]);
    expect(table.lines[5]).toMatch(/^1 record of the topic is no dead letter of ours: [01]:\d+: it has no header/);
    expect(
      sums.lines
        .slice(1, 5)
        .map((line) => line.split(/ +/).slice(0, 2).join(' '))
        .sort(),
    ).toEqual(REASONS.map((reason) => `${reason} 1`));
    expect(objectsIn(json.lines)).toMatchObject([
      { reason: 'invalid-event', origin: { topic: `${test.prefix}TASK_EVENT_TOPIC` } },
    ]);
    expect([table, sums, json].map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('shows what is wrong, and what a letter holds only when it is told to', async () => {
    const letters = objectsIn((await dlq(['list', '--json'])).lines);
    const placeOf = (reason: string): string => letters.find((one) => one['reason'] === reason)!['letter'] as string;
    const [invalid, ...others] = ['invalid-event', 'undecodable', 'bad-magic'].map(placeOf);
    const [masked, whole, alone] = await Promise.all([
      dlq(['show', invalid!, ...others]),
      dlq(['show', '--payload', invalid!, ...others, '0:99999']),
      dlq(['show', invalid!], { SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9' }),
    ]);
    const text = masked.lines.join('\n');
    expect(text).toMatch(/^> tenantId +0 {3}<- tenantId is 0; expected a positive id$/m);
    expect(text).toMatch(/^ {2}taskTitle +\(text, 9 characters\)$/m);
    expect(text).toMatch(/^ {2}trace-id {2}\(3 bytes\)$/m);
    expect(text).toMatch(/^> taskTitle +\(cannot be read\)$/m);
    expect(text).toMatch(/^fault {4}cannot be read from byte \d+ on: a length or count of 9 where 5 bytes are left$/m);
    expect(text).toMatch(/^fault {4}the value begins with 7b 22 65 6d 61, as JSON does/m);
    expect(text).not.toMatch(/Linh|linh|t-1|Call/);
    expect(masked.code).toBe(0);
    const shown = whole.lines.join('\n');
    expect(shown).toMatch(/"Call Linh"[^]*"t-1"|"t-1"[^]*"Call Linh"/);
    expect(shown).toMatch(/\|\{"email":"linh@e\|/);
    expect(shown).toMatch(/^0:99999: partition 0 ends at \d+$/m);
    expect(whole.code).toBe(1);
    expect(alone.lines.join('\n')).toMatch(/^value .*the schema registry failed /m);
    expect(alone.code).toBe(0);
  });

  it('exports whole letters to a file of the owner alone, when it is told to', async () => {
    const path = join(folder, 'letters.ndjson');
    expect(await dlq(['export', '--payload', '--out', path])).toMatchObject({ code: 0 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const letters = objectsIn(readFileSync(path, 'utf8').split('\n'));
    const base64 = (one: Sent): string => Buffer.from(one.message.value as Buffer).toString('base64');
    expect(letters.sort((a, b) => String(a['reason']).localeCompare(String(b['reason'])))).toMatchObject([
      { reason: 'bad-magic', format: null, value: base64(sent.json) },
      {
        ...{ reason: 'invalid-event', format: 'avro', value: base64(sent.invalid) },
        headers: [['trace-id', Buffer.from('t-1').toString('base64')]],
        event: { tenantId: 0, taskTitle: 'Call Linh' },
      },
      { reason: 'undecodable', value: base64(sent.cut), event: null },
      { reason: 'unknown-schema', schemaId: UNKNOWN_ID, event: null },
    ]);
  });

  it(
    'needs rights to read the topic, and to delete from it, and says which it lacks',
    { skip: inject('STACK_SECURED') === null },
    async () => {
      const { kafkaBrokers, ca } = inject('STACK_SECURED')!;
      const limited = {
        ...{ KAFKA_BROKERS: kafkaBrokers, KAFKA_SSL_CA: ca, KAFKA_SASL_MECHANISM: 'plain' },
        ...{ KAFKA_SASL_USERNAME: LIMITED_USER.username, KAFKA_SASL_PASSWORD: LIMITED_USER.password },
      };
      const grant = async (...operations: Right['operations']): Promise<void> => {
        const admin = testKafka(testStack().kafkaBrokers).admin();
        await admin.connect();
        await admin.createAcls({
          acl: aclsOf({ kind: 'topic', name: `${test.prefix}NOTIFICATION_DLQ`, operations, isPrefix: false }),
        });
        await admin.disconnect();
      };
      await grant('Describe');
      const unread = await dlq(['list'], limited);
      expect(unread.lines.join('\n')).toContain('TOPIC_AUTHORIZATION_FAILED');
      expect(unread.code).toBe(1);
      await grant('Read');
      expect((await dlq(['list', '--limit', '1'], limited)).code).toBe(0);
      const kept = await dlq(['purge', '--before', '2100-01-01', '--yes'], limited);
      expect(kept.lines.join('\n')).toMatch(/the right Delete on the topic \S+NOTIFICATION_DLQ is missing/);
      expect(kept.code).toBe(1);
    },
  );

  it('cuts the low ends off, when it is told to, and says what went', async () => {
    const planned = await dlq(['purge', '--before', '2100-01-01']);
    expect(planned.lines.join('\n')).toMatch(/^partition [01], from 0 to below \d+: \d dead letters?$/m);
    expect(planned.lines.at(-1)).toBe('nothing was deleted; --yes deletes it');
    const done = await dlq(['purge', '--before', '2100-01-01', '--yes']);
    expect(done.lines.join('\n')).toMatch(/^partition [01] begins at (\d+) now, and ends at \1$/m);
    expect(done.code).toBe(0);
    expect(await dlq(['list'])).toEqual({ lines: ['no dead letter is selected'], code: 0 });
  });
});
