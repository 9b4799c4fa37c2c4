import { SOURCES } from '../../../../dev/contract/sources.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FatalError, OutageError } from '../../../../common/errors.js';
import { registerSchemas, type RegisteredSubject } from '../../../../schemas/registry/register.js';
import { RegistryClient } from '../../../../schemas/registry/registry-client.js';
import type { RegistryOutageError } from '../../../../schemas/registry/registry-outage.js';
import { sayReason } from '../../../../common/reasons.js';
import { RegistryHealth } from '../../../../schemas/registry/registry-health.js';
import { lookUpSinkSchemas } from '../../../../schemas/registry/registry.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { json, StubRegistry } from './stub-registry.js';
import { MemoryRegistry } from './memory-registry.js';
import type { SourceSpec } from '../../../../schemas/source-spec.js';
import { HR_SOURCE, SIX_SOURCES } from '../../../hr-source.js';

const topicName = (logical: string) => `erp.${logical}`;
const INBOX = 'erp.NOTIFICATION_INAPP_TOPIC-value';
const TASKS = 'erp.TASK_EVENT_TOPIC-value';
const CRM = 'erp.CRM_EVENT_TOPIC-value';
const WEAK: unknown = expect.stringContaining('BACKWARD, weaker than BACKWARD_TRANSITIVE');

let stub: StubRegistry;
let registry: MemoryRegistry;
let client: RegistryClient;

beforeEach(async () => {
  stub = await StubRegistry.start();
  registry = new MemoryRegistry();
  stub.answer = registry.answer;
  client = new RegistryClient({ url: stub.url });
});

afterEach(() => stub.close());

function lookUp(health = new RegistryHealth(), onWait: () => void = () => undefined) {
  const { signal } = new AbortController();
  const wait = () => {
    onWait();
    return Promise.resolve();
  };
  return lookUpSinkSchemas({ client, topicName, health, signal, backoffMs: 1, wait });
}

/** Why its latest version cannot be read: not that its compatibility is weak, as that of a registry is by default. */
function unreadable({ problems }: RegisteredSubject): string | undefined {
  return problems.find((problem) => !problem.startsWith('its compatibility'));
}

describe('a worker', () => {
  it('finds the ids of what was registered', async () => {
    const done = await registerSchemas(client, SOURCES, topicName);
    const ids = await lookUp();
    expect(Object.keys(ids)).toHaveLength(5);
    expect(ids.NOTIFICATION_INAPP_TOPIC).toBe(done.find(({ subject }) => subject === INBOX)?.id);
  });

  it('finds a schema that was registered from the pretty-printed file', async () => {
    await registerSchemas(client, SOURCES, topicName);
    registry.versions.set(INBOX, []);
    const id = registry.add(INBOX, JSON.stringify(SCHEMAS.InAppNotification, null, 2));
    expect((await lookUp()).NOTIFICATION_INAPP_TOPIC).toBe(id);
  });

  it('ends with the way out when a schema is not registered, and registers nothing', async () => {
    await expect(lookUp()).rejects.toThrow(FatalError);
    await expect(lookUp()).rejects.toThrow(
      /-value at .* (does not hold our schema|do not hold our schemas): .*notification-streams schemas register/,
    );
    expect(registry.schemas).toEqual([]);
    expect(stub.asked.filter(({ path }) => path.endsWith('/versions'))).toEqual([]);
  });

  it('waits while the registry is out, and says so', async () => {
    await registerSchemas(client, SOURCES, topicName);
    stub.answer = (_, response) => json(response, 503, {});
    const health = new RegistryHealth();
    const faults: (string | undefined)[] = [];
    const ids = await lookUp(health, () => {
      faults.push(health.fault);
      stub.answer = registry.answer;
    });
    expect(faults[0]).toBe('failing');
    expect(health.ready).toBe(true);
    expect(ids.USER_DIRECTORY).toBeGreaterThan(0);
  });
});

describe('registering', () => {
  it('adds what is missing, once', async () => {
    const first = await registerSchemas(client, SOURCES, topicName);
    const again = await registerSchemas(client, SOURCES, topicName);
    expect(first.map(({ outcome }) => outcome)).toEqual(Array(10).fill('registered'));
    expect(again).toEqual(first.map((subject) => ({ ...subject, outcome: 'already-there' })));
    expect([...registry.versions.values()].map((versions) => versions.length)).toEqual(Array(10).fill(1));
  });

  it('sets every subject that it makes to BACKWARD_TRANSITIVE, those of the sources too', async () => {
    const done = await registerSchemas(client, SOURCES, topicName);
    const { '': everywhere, ...levels } = Object.fromEntries(registry.levels);
    expect(everywhere).toBe('BACKWARD');
    expect(Object.keys(levels).sort()).toEqual(done.map(({ subject }) => subject).sort());
    expect(Object.values(levels)).toEqual(Array(10).fill('BACKWARD_TRANSITIVE'));
    expect(done.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('leaves the level of a subject that exists alone, tells it, and warns of a weak one', async () => {
    registry.add(INBOX, JSON.stringify(SCHEMAS.InAppNotification));
    registry.add(TASKS, JSON.stringify(SCHEMAS.TaskEvent));
    registry.levels.set(TASKS, 'FULL_TRANSITIVE');
    registry.levels.set(CRM, 'NONE');
    const before = new Map(registry.levels);
    const done = await registerSchemas(client, SOURCES, topicName);
    for (const subject of [TASKS, INBOX, CRM]) expect(registry.levels.get(subject)).toBe(before.get(subject));
    const answerFor = (name: string) => {
      const { compatibility, problems } = done.find(({ subject }) => subject === name)!;
      return [compatibility, ...problems];
    };
    expect(answerFor(TASKS)).toEqual(['FULL_TRANSITIVE']);
    expect(answerFor(INBOX)).toEqual([
      'BACKWARD',
      expect.stringContaining('BACKWARD, weaker than BACKWARD_TRANSITIVE'),
    ]);
    expect(answerFor(CRM)).toEqual(['NONE', expect.stringContaining(`PUT /config/${CRM}`)]);
  });

  it("keeps a source's own version, and says when it cannot be read", async () => {
    const theirs = { ...SCHEMAS.TaskEvent, doc: 'theirs' };
    const id = registry.add(TASKS, JSON.stringify(theirs));
    registry.add('erp.CRM_EVENT_TOPIC-value', JSON.stringify(theirs));
    const done = await registerSchemas(client, SOURCES, topicName);
    expect(done.find(({ subject }) => subject === TASKS)).toEqual({
      subject: TASKS,
      record: 'serp.task.TaskEvent',
      outcome: 'kept',
      id,
      compatibility: 'BACKWARD',
      problems: [WEAK],
    });
    expect(done.find(({ record }) => record === 'serp.crm.CrmEvent')).toMatchObject({
      outcome: 'kept',
      problems: ['serp.task.TaskEvent, where serp.crm.CrmEvent was expected', WEAK],
    });
    expect(registry.versions.get(TASKS)).toHaveLength(1);
  });

  it.each([
    ['another namespace', { ...SCHEMAS.TaskEvent, namespace: 'elsewhere' }, undefined],
    ['a union with our record', ['null', SCHEMAS.TaskEvent], undefined],
    ['a union without it', ['null', SCHEMAS.CrmEvent], 'serp.crm.CrmEvent, where serp.task.TaskEvent was expected'],
    [
      'a field too few',
      { ...SCHEMAS.TaskEvent, fields: SCHEMAS.TaskEvent.fields.slice(1) },
      'the writer has no eventId, which ours has no default for',
    ],
    [
      'a type of nowhere',
      { ...SCHEMAS.TaskEvent, fields: [{ name: 'a', type: 'Nowhere' }] },
      /which is nowhere defined/,
    ],
  ])("of a source's own version with %s says what no record of it is read for", async (_, schema, problem) => {
    registry.add(TASKS, JSON.stringify(schema));
    const done = (await registerSchemas(client, SOURCES, topicName)).find(({ subject }) => subject === TASKS);
    expect(done?.outcome).toBe('kept');
    const said = done && unreadable(done);
    if (problem instanceof RegExp) expect(said).toMatch(problem);
    else expect(said).toBe(problem);
  });

  it("fetches what a source's own version refers to", async () => {
    const fields = [...SCHEMAS.TaskEvent.fields, { name: 'state', type: 'State' }];
    const schema = JSON.stringify({ ...SCHEMAS.TaskEvent, fields });
    const state = { schema: JSON.stringify({ type: 'enum', name: 'State', symbols: ['A'] }) };
    const references = [{ name: 'State', subject: 'shared', version: 1 }];
    registry.add(TASKS, schema);
    let isShared = true;
    stub.answer = (asked, response) => {
      if (asked.path.endsWith(`${TASKS}/versions/latest`)) json(response, 200, { id: 1, schema, references });
      else if (asked.path.includes('shared') && isShared) json(response, 200, state);
      else registry.answer(asked, response);
    };
    const problem = async () =>
      unreadable((await registerSchemas(client, SOURCES, topicName)).find(({ subject }) => subject === TASKS)!);
    expect(await problem()).toBeUndefined();
    isShared = false;
    expect(await problem()).toBe('it refers to version 1 of shared, which the registry does not know');
  });

  it('tells a refusal, by its subject, from an outage', async () => {
    stub.answer = (asked, response) => {
      if (asked.path.endsWith(`${INBOX}/versions`)) json(response, 409, { error_code: 409, message: 'incompatible' });
      else registry.answer(asked, response);
    };
    await expect(registerSchemas(client, SOURCES, topicName)).rejects.toThrow(FatalError);
    await expect(registerSchemas(client, SOURCES, topicName)).rejects.toThrow(`under ${INBOX}`);
    stub.answer = (_, response) => json(response, 500, {});
    await expect(registerSchemas(client, SOURCES, topicName)).rejects.toThrow(OutageError);
  });
});

describe('several addresses', () => {
  const REQUEST = { method: 'GET', path: '/schemas/ids/1' } as const;
  let other: StubRegistry;
  beforeEach(async () => (other = await StubRegistry.start()));
  afterEach(() => other.close());
  const both = (): RegistryClient =>
    new RegistryClient({
      url: `${stub.url.replace('//', '//me:one@')}, ${other.url.replace('//', '//me:two@')}`,
      timeoutMs: 1000,
    });
  const credentialsOf = ({ asked }: StubRegistry): (string | undefined)[] =>
    asked.map(({ authorization = '' }) => Buffer.from(authorization.replace('Basic ', ''), 'base64').toString());

  it('are each a request that is told of, with its fault', async () => {
    const faults: (string | undefined)[] = [];
    stub.answer = (_asked, response) => json(response, 500, {});
    other.answer = (_asked, response) => json(response, 200, { schema: '"string"' });
    const onRequest = (seconds: number, fault: string | undefined): void => {
      expect(seconds).toBeGreaterThan(0);
      faults.push(fault);
    };
    const asking = new RegistryClient({ url: `${stub.url},${other.url}`, onRequest });
    await asking.ask(REQUEST);
    await asking.ask(REQUEST);
    expect(faults).toEqual(['failing', undefined, undefined]);
  });

  it.each([
    ['does not answer', 'close'],
    ['fails', 500],
    ['refuses the credentials', 401],
    ['is busy', 429],
  ])(
    'are asked one after another when the first %s, each with its own credentials; the one that answered stays first',
    async (_, how) => {
      stub.answer = (_asked, response) => (how === 'close' ? response.destroy() : json(response, Number(how), {}));
      other.answer = (_asked, response) => json(response, 200, { schema: '"string"' });
      const twice = both();
      expect(await twice.ask(REQUEST)).toMatchObject({ kind: 'ok' });
      expect(await twice.ask(REQUEST)).toMatchObject({ kind: 'ok' });
      expect(credentialsOf(stub)).toEqual(['me:one']);
      expect(credentialsOf(other)).toEqual(['me:two', 'me:two']);
    },
  );

  it('are not asked on by one that does not know what was asked for', async () => {
    expect(await both().ask(REQUEST)).toMatchObject({ kind: 'missing' });
    expect(other.asked).toEqual([]);
  });

  it('that are all away are each named in the log, and by number where anybody may ask', async () => {
    stub.answer = (_asked, response) => response.destroy();
    other.answer = (_asked, response) => json(response, 401, {});
    const outage = await both()
      .ask(REQUEST)
      .catch((error: unknown) => error as RegistryOutageError);
    expect(outage).toMatchObject({ fault: 'credentials', address: 2 });
    expect((outage as Error).message).toContain(stub.url);
    expect((outage as Error).message).toContain(other.url);
    expect(sayReason({ code: 'registry-credentials', address: 2 })).toMatch(/: address 2 of SCHEMA_REGISTRY_URL$/);
  });

  it('tell what was asked for from the registry when the other is away', async () => {
    stub.answer = (_asked, response) => json(response, 400, {});
    other.answer = (_asked, response) => response.destroy();
    await expect(both().ask(REQUEST)).rejects.toMatchObject({
      fault: 'refusing',
      blames: 'it answers 400',
      address: 1,
    });
  });
});

describe('the url', () => {
  it.each(['', 'localhost:8081', 'ftp://user:secret@host'])('%j is refused without being shown', (url) => {
    const make = () => new RegistryClient({ url });
    expect(make).toThrow('SCHEMA_REGISTRY_URL is no http(s) url');
    expect(make).not.toThrow('secret');
  });
});

describe('sources beyond the contract', () => {
  it('have their subjects too, except those of JSON alone', async () => {
    const json: SourceSpec = { ...HR_SOURCE, name: 'fleet', topic: 'FLEET_EVENT_TOPIC', format: 'json' };
    const done = await registerSchemas(client, [...SIX_SOURCES, json], topicName);
    expect(done.filter(({ subject }) => /HR|FLEET/.test(subject))).toMatchObject([
      { subject: 'erp.HR_EVENT_TOPIC-value', record: 'serp.hr.HrEvent', outcome: 'registered' },
    ]);
  });

  it("are named where their owner's schema cannot be read", async () => {
    registry.add('erp.HR_EVENT_TOPIC-value', JSON.stringify(SCHEMAS.TaskEvent));
    const done = await registerSchemas(client, SIX_SOURCES, topicName);
    const hr = done.find(({ subject }) => subject === 'erp.HR_EVENT_TOPIC-value')!;
    expect([hr.outcome, unreadable(hr)]).toEqual(['kept', 'serp.task.TaskEvent, where serp.hr.HrEvent was expected']);
  });
});
