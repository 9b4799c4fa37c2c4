/** A start that cannot be: what the operator reads, and the exit code. And where a first start begins. */
import { describe, expect, it } from 'vitest';

import { SCHEMAS } from '../../schemas/types.js';
import { HR_FILES, rulesWith, shippedText } from '../unit/processors/rules/rules-folder.js';
import { configureTopic } from './harness/configure-topic.js';
import { prepareEnvironment } from './harness/environment.js';
import { JWT_SECRET } from './harness/jwt-secret.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { eventIds, readOutputs } from './harness/outputs.js';
import { registerVersion } from './harness/register-version.js';
import { until } from './harness/until.js';
import { startWorker, type WorkerProcess } from './harness/worker.js';

/** Waits for a worker to end by itself. */
async function endOf(worker: WorkerProcess): Promise<{ code: number | null; said: string }> {
  await until('the worker ends by itself', () => worker.ended, 30_000).catch((error: unknown) => {
    throw new Error(worker.lines.join('\n'), { cause: error });
  });
  const { code } = await worker.exited;
  return { code, said: worker.lines.join('\n') };
}

describe('a configuration with faults', () => {
  it('is refused with all of them at once, each with its name, its value and what was expected; exit code 2', async () => {
    const worker = startWorker({
      env: {
        KAFKA_BROKERS: 'nowhere',
        SCHEMA_REGISTRY_URL: 'ftp://registry',
        HTTP_PORT: '70000',
        DEDUP_WINDOW: '7 days',
        START_FROM: 'yesterday',
        ROLES: 'stream,mail',
        JWT_SECRET: 'too-short-a-secret',
        LOG_LEVEL: 'loud',
      },
    });
    const { code, said } = await endOf(worker);
    expect(code).toBe(2);
    expect(said).toContain('8 faults');
    for (const fault of [
      /KAFKA_BROKERS is "nowhere": .*host:port/,
      /SCHEMA_REGISTRY_URL .*http/,
      /HTTP_PORT is "70000": .*65535/,
      /DEDUP_WINDOW is "7 days": .*7d/,
      /START_FROM is "yesterday": .*earliest, latest/,
      /ROLES is "stream,mail": .*gateway/,
      /JWT_SECRET .*32/,
      /LOG_LEVEL is "loud": .*debug/,
    ]) {
      expect(said).toMatch(fault);
    }
    expect(said).not.toContain('too-short-a-secret');
  });

  it('names the options that are missing', async () => {
    const { code, said } = await endOf(startWorker({ env: { KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '' } }));
    expect(code).toBe(2);
    expect(said).toMatch(/KAFKA_BROKERS is not set/);
    expect(said).toMatch(/SCHEMA_REGISTRY_URL is not set/);
    expect(said).toMatch(/neither JWT_SECRET nor JWKS_URL is set/);
  });
});

describe('a folder of rules with faults', () => {
  it('is refused with all of them at once, each with its file, line and value; exit code 2', async () => {
    const sales = shippedText('sources/sales.yaml');
    const RULES_DIR = rulesWith({
      'rules.yaml': 'version: one\nlanguage: en\n',
      'sources/sales.yaml': sales
        .replace('{orderId} created', '{orderNo} created')
        .replace('[IN_APP, EMAIL, PUSH]', '[IN_APP, SMS]'),
      'sources/hr.yaml': 'topic: HR_EVENT_TOPIC\nschema: HrEvent\n',
    });
    const { code, said } = await endOf(
      startWorker({
        env: { KAFKA_BROKERS: 'localhost:1', SCHEMA_REGISTRY_URL: 'http://localhost:1', JWT_SECRET, RULES_DIR },
      }),
    );
    expect(code).toBe(2);
    expect(said).toContain('4 faults');
    for (const fault of [
      /rules\.yaml:1: version: "one" is given; expected a whole number/,
      /sources\/hr\.yaml:2: schema: HrEvent is no record of the contract; expected .*schemas\/HrEvent\.avsc/,
      /sources\/sales\.yaml:14: events\.ORDER_CREATED\.message: .*orderNo/,
      /sources\/sales\.yaml:26: events\.PAYMENT_DUE\.channels\.1: "SMS" is given; expected one of IN_APP, EMAIL, PUSH/,
    ]) {
      expect(said).toMatch(fault);
    }
  });
});

describe('a start without what it needs', () => {
  it('names the topic of a source that the rules bring, and the command that creates it; exit code 1', async () => {
    const test = await prepareEnvironment('new-source', 1);
    const { code, said } = await endOf(startWorker({ env: test.env('a', { RULES_DIR: rulesWith(HR_FILES) }) }));
    expect(code).toBe(1);
    expect(said).toContain(`${test.prefix}HR_EVENT_TOPIC`);
    expect(said).not.toContain(`${test.prefix}TASK_EVENT_TOPIC`);
    expect(said).toContain('notification-streams topics create');
  });

  it('names every topic that is missing and the command that creates them; exit code 1', async () => {
    const test = await prepareEnvironment('no-topics', 1, { topics: true });
    const { code, said } = await endOf(startWorker({ env: test.env() }));
    expect(code).toBe(1);
    for (const topic of ['NOTIFICATION_REQUEST_TOPIC', 'USER_EVENT_TOPIC', 'EMAIL_REQUEST_TOPIC', 'NOTIFICATION_DLQ']) {
      expect(said).toContain(test.prefix + topic);
    }
    expect(said).toContain('notification-streams topics create');

    const create = startWorker({ env: test.env(), args: ['topics', 'create', '--partitions', '2'] });
    expect((await create.exited).code).toBe(0);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
  });

  it('names every subject that is missing and the command that registers them; exit code 1', async () => {
    const test = await prepareEnvironment('no-schemas', 1, { schemas: true });
    const { code, said } = await endOf(startWorker({ env: test.env() }));
    expect(code).toBe(1);
    for (const subject of ['EMAIL_REQUEST_TOPIC-value', 'NOTIFICATION_INAPP_TOPIC-value', 'app-user-directory-value']) {
      expect(said).toContain(test.prefix + subject);
    }
    expect(said).toContain('notification-streams schemas register');

    const register = startWorker({ env: test.env(), args: ['schemas', 'register'] });
    expect((await register.exited).code).toBe(0);
    const worker = startWorker({ env: test.env() });
    await worker.ready();
  });
});

describe('a topic whose cleanup.policy would lose records', () => {
  it('is refused with its value and what mends it, each of them at once; exit code 1', async () => {
    const test = await prepareEnvironment('compacted', 1);
    const first = startWorker({ env: test.env() });
    await first.ready();
    expect((await first.stop()).code).toBe(0);
    const wrong = [
      ['NOTIFICATION_DLQ', 'compact', 'delete'],
      ['EMAIL_REQUEST_TOPIC', 'compact', 'delete'],
      ['NOTIFICATION_INAPP_TOPIC', 'compact,delete', 'delete'],
      ['app-dedup-changelog', 'compact', 'delete'],
      ['app-user-directory', 'compact,delete', 'compact'],
    ] as const;
    for (const [name, policy] of wrong) await configureTopic(test.prefix + name, 'cleanup.policy', policy);
    const { code, said } = await endOf(startWorker({ env: test.env() }));
    expect(code).toBe(1);
    for (const [name, policy, right] of wrong) {
      const topic = test.prefix + name;
      expect(said).toContain(`${topic} has cleanup.policy=${policy}: `);
      expect(said).toContain(`--alter --topic ${topic} --add-config cleanup.policy=${right}`);
    }
    const gateway = await endOf(startWorker({ env: test.env('b', { ROLES: 'gateway' }) }));
    expect(gateway.code).toBe(1);
    expect(gateway.said).toContain(`${test.prefix}NOTIFICATION_INAPP_TOPIC has cleanup.policy=compact,delete: `);

    for (const [name, , right] of wrong) await configureTopic(test.prefix + name, 'cleanup.policy', right);
    await startWorker({ env: test.env() }).ready();
  });
});

describe('schemas register', () => {
  it('makes subjects, of sources too, that take no version which cannot read what was written before', async () => {
    const test = await prepareEnvironment('breaking', 1, { schemas: true });
    const subject = `${test.prefix}CRM_EVENT_TOPIC-value`;
    const register = startWorker({ env: test.env(), args: ['schemas', 'register'] });
    expect((await register.exited).code).toBe(0);
    expect(register.lines.every((line) => /^registered .* BACKWARD_TRANSITIVE$/.test(line))).toBe(true);
    const more = (field: object) => ({ ...SCHEMAS.CrmEvent, fields: [...SCHEMAS.CrmEvent.fields, field] });
    await expect(registerVersion(subject, more({ name: 'needed', type: 'string' }), 'breaks')).rejects.toThrow('409');
    await registerVersion(subject, more({ name: 'more', type: 'string', default: '' }), 'fits');
  });

  it('leaves the level of a subject that exists alone, and warns that it is weak', async () => {
    const test = await prepareEnvironment('weak', 1, { schemas: true });
    const subject = `${test.prefix}CRM_EVENT_TOPIC-value`;
    await registerVersion(subject, SCHEMAS.CrmEvent, 'theirs');
    const register = startWorker({ env: test.env(), args: ['schemas', 'register'] });
    expect((await register.exited).code).toBe(0);
    const at = register.lines.findIndex((line) => line.includes(subject));
    expect(register.lines[at]).toMatch(/^(kept|already-there) .* serp.crm.CrmEvent {2}(NONE|BACKWARD)$/);
    expect(register.lines[at + 1]).toMatch(
      /^ {2}! its compatibility is (NONE|BACKWARD), weaker than BACKWARD_TRANSITIVE/,
    );
    await registerVersion(subject, SCHEMAS.CrmEvent, 'theirs, again');
  });
});

describe('START_FROM', () => {
  it('must be given when a source already holds records; exit code 2', async () => {
    const test = await prepareEnvironment('start-unset', 2);
    await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'old' })]);
    const { code, said } = await endOf(startWorker({ env: test.env('a', { START_FROM: '' }) }));
    expect(code).toBe(2);
    expect(said).toMatch(/START_FROM is not set/);
    expect(said).toContain(`${test.prefix}TASK_EVENT_TOPIC`);
    expect(said).toMatch(/earliest, latest/);
    expect((await readOutputs(test.prefix)).delivered).toEqual([]);
  });

  it('need not be given when the sources are empty', async () => {
    const test = await prepareEnvironment('start-empty', 1);
    const worker = startWorker({ env: test.env('a', { START_FROM: '' }) });
    await worker.ready();
    await produceAll(test.prefix, [messagesOf(test).task({ eventId: 'new' })]);
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['new']);
  });

  it('latest sends nothing for old events, knows the old users, and is the same place after a restart', async () => {
    const test = await prepareEnvironment('start-latest', 2);
    const { task, user } = messagesOf(test);
    const env = test.env('a', { START_FROM: 'latest' });
    await produceAll(test.prefix, [
      user({ eventId: 'joined', eventType: 'USER_CREATED', email: 'linh@example.com' }),
      ...['old-1', 'old-2', 'old-3', 'old-4'].map((eventId) => task({ eventId })),
    ]);
    const first = startWorker({ env });
    await first.ready();
    await produceAll(test.prefix, [task({ eventId: 'new-1' })]);
    await untilProcessed(test.prefix);
    first.kill('SIGKILL');
    await first.exited;

    // While no worker runs: these are later than the place of the first start, and must not be passed over.
    await produceAll(
      test.prefix,
      ['new-2', 'new-3', 'new-4', 'new-5'].map((eventId) => task({ eventId })),
    );
    const second = startWorker({ env });
    await untilProcessed(test.prefix);
    const { emails, inApp, delivered } = await readOutputs(test.prefix);
    const expected = ['new-1', 'new-2', 'new-3', 'new-4', 'new-5'];
    expect(eventIds(delivered)).toEqual(expected);
    expect(eventIds(inApp)).toEqual(expected);
    expect(eventIds(emails)).toEqual(expected);
    for (const { to } of emails) expect(to).toEqual(['linh@example.com']);
    expect((await second.stop()).code).toBe(0);
  });

  it('latest is committed before a record is processed, so that a worker killed at once has begun there', async () => {
    const test = await prepareEnvironment('start-killed', 1);
    const { task } = messagesOf(test);
    const env = test.env('a', { START_FROM: 'latest' });
    await produceAll(test.prefix, [task({ eventId: 'old' })]);
    const first = startWorker({ env });
    await until('the task runs', () => first.logged('task is running').length > 0);
    first.kill('SIGKILL');
    await first.exited;
    await produceAll(test.prefix, [task({ eventId: 'new' })]);
    const second = startWorker({ env });
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['new']);
    expect((await second.stop()).code).toBe(0);
  });

  it('a time begins with the first record at or after it', async () => {
    const test = await prepareEnvironment('start-time', 1);
    const { task } = messagesOf(test);
    const at = Date.now() - 60_000;
    await produceAll(test.prefix, [
      task({ eventId: 'before' }, { timestamp: String(at - 1) }),
      task({ eventId: 'at' }, { timestamp: String(at) }),
      task({ eventId: 'after' }, { timestamp: String(at + 1) }),
    ]);
    const worker = startWorker({ env: test.env('a', { START_FROM: new Date(at).toISOString() }) });
    await worker.ready();
    await untilProcessed(test.prefix);
    expect(eventIds((await readOutputs(test.prefix)).inApp)).toEqual(['after', 'at']);
  });
});
