import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SchemaCatalog } from '../../../schemas/catalog.js';
import { RegistryClient } from '../../../schemas/registry-client.js';
import { RetryBudget } from '../../../schemas/retry-budget.js';
import { SCHEMAS } from '../../../schemas/types.js';
import type { Wait } from '../../../schemas/wait.js';
import { avro, frame, task, valueOf } from './samples.js';
import { type Answer, json, notKnown, StubRegistry } from './stub-registry.js';

const ID = 7;
const value = valueOf(ID, SCHEMAS.TaskEvent, task);
const event = { kind: 'event', value: { topic: 'TASK_EVENT_TOPIC', event: task } };
const known: Answer = (_, response) => json(response, 200, avro(SCHEMAS.TaskEvent));

let stub: StubRegistry;
let catalog: SchemaCatalog;
let waits: number[];
let now: number;
/** What happens while the catalog waits. */
let meanwhile: () => void;

const wait: Wait = async (ms, signal) => {
  waits.push(ms);
  now += ms;
  meanwhile();
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
};

beforeEach(async () => {
  stub = await StubRegistry.start();
  waits = [];
  now = 0;
  meanwhile = () => undefined;
  catalog = new SchemaCatalog({
    client: new RegistryClient({ url: stub.url, timeoutMs: 100 }),
    retryAttempts: 3,
    retryBackoffMs: 1000,
    wait,
    now: () => now,
  });
});

afterEach(() => stub.close());

const never = new AbortController().signal;
const decode = () => catalog.decode('TASK_EVENT_TOPIC', value);

describe('an id that the registry knows', () => {
  it('is asked for once, however many wait for it', async () => {
    stub.answer = known;
    expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
    await Promise.all([1, 2, 3].map(() => catalog.resolve(ID, { signal: never })));
    expect(decode()).toEqual(event);
    expect(stub.asked.map((asked) => asked.path)).toEqual(['/schemas/ids/7']);
  });

  it('is asked for with the credentials of the url, which no message shows', async () => {
    const url = stub.url.replace('//', '//user%40:p%3Aw@');
    const client = new RegistryClient({ url });
    stub.answer = (_, response) => json(response, 500, {});
    await expect(client.ask({ method: 'GET', path: '/x' })).rejects.toThrow(`answered 500 to GET ${stub.url}/x`);
    const credentials = Buffer.from('user@:p:w').toString('base64');
    expect(stub.asked[0]?.authorization).toBe(`Basic ${credentials}`);
  });
});

describe('an id that the registry does not know', () => {
  it('is asked for three times, 1 s and 2 s apart, then unknown-schema for 30 s', async () => {
    await catalog.resolve(ID, { signal: never });
    expect(stub.asked).toHaveLength(3);
    expect(waits).toEqual([1000, 2000]);
    expect(decode()).toMatchObject({ kind: 'poison', reason: 'unknown-schema', attempts: 3 });
    expect(catalog.health.ready).toBe(true);
    now += 29_999;
    expect(decode()).toMatchObject({ kind: 'poison' });
    now += 1;
    expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
  });

  it('is known once the registry has learnt it meanwhile', async () => {
    meanwhile = () => (stub.answer = known);
    await catalog.resolve(ID, { signal: never });
    expect(decode()).toEqual(event);
    expect(waits).toEqual([1000]);
  });

  it('gets a single try once its caller has waited 6 s of 30; another caller has its own', async () => {
    const budget = new RetryBudget({ now: () => now });
    for (const id of [1, 2, 3, 4]) await catalog.resolve(id, { signal: never, budget });
    expect(waits).toEqual([1000, 2000, 1000, 2000]);
    expect(catalog.decode('TASK_EVENT_TOPIC', frame(4, Buffer.alloc(1)))).toMatchObject({ attempts: 1 });
    await catalog.resolve(5, { signal: never, budget: new RetryBudget({ now: () => now }) });
    expect(waits).toHaveLength(6);
    now += 30_000;
    await catalog.resolve(6, { signal: never, budget });
    expect(waits).toHaveLength(8);
  });
});

describe('an outage', () => {
  const outages: [string, Answer, string][] = [
    ['answers 500', (_, response) => json(response, 500, { error_code: 50001, message: 'store' }), 'answered 500'],
    ['answers 401', (_, response) => json(response, 401, {}), 'credentials'],
    [
      'answers a 404 that is not its own',
      (_, response) => response.writeHead(404).end('<h1>default backend</h1>'),
      'path',
    ],
    ['redirects', (_, response) => response.writeHead(302, { location: stub.url }).end(), 'answered 302'],
    ['answers garbage', (_, response) => response.end('<html>'), 'without a JSON object'],
    ['answers without a schema', (_, response) => json(response, 200, {}), 'without a schema'],
    ['answers 10 MB', (_, response) => response.end(Buffer.alloc(10_000_000, 32)), 'more than 1048576 bytes'],
    ['does not answer in time', () => undefined, 'no answer within 100 ms'],
    [
      'hangs in the middle of its answer',
      (_, response) => void response.write('{"schema":'),
      'no answer within 100 ms',
    ],
    ['cuts the connection', (_, response) => void response.destroy(), 'failed GET'],
  ];

  it.each(outages)('that %s is waited out, shows in health, and costs no dead letter', async (_, answer, part) => {
    stub.answer = answer;
    const reasons: (string | undefined)[] = [];
    meanwhile = () => {
      reasons.push(catalog.health.reason);
      expect(catalog.health.ready).toBe(false);
      expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
      if (waits.length === 4) stub.answer = known;
    };
    await catalog.resolve(ID, { signal: never });
    expect(decode()).toEqual(event);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(reasons[0]).toContain(part);
    expect(catalog.health).toMatchObject({ ready: true, reason: undefined });
  });

  it('when nothing listens is waited out for longer and longer, up to ten times the first wait', async () => {
    await stub.close();
    const controller = new AbortController();
    meanwhile = () => waits.length === 6 && controller.abort(new Error('task closed'));
    await expect(catalog.resolve(ID, { signal: controller.signal })).rejects.toThrow('task closed');
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    // The caller leaves at once; the work that nobody waits for ends a moment later.
    await vi.waitFor(() => expect(catalog.health.ready).toBe(true));
    stub = await StubRegistry.start();
  });

  it('does not use up the tries of an id that is not known', async () => {
    const answers = [notKnown, outages[0]![1], notKnown, outages[0]![1], notKnown];
    stub.answer = (asked, response) => {
      const next = answers.shift();
      if (next === notKnown) notKnown(response);
      else (next as Answer)(asked, response);
    };
    await catalog.resolve(ID, { signal: never });
    expect(stub.asked).toHaveLength(5);
    expect(decode()).toMatchObject({ reason: 'unknown-schema', attempts: 3 });
  });

  it('lets one caller leave while another goes on waiting', async () => {
    stub.answer = outages[0]![1];
    const leaver = new AbortController();
    meanwhile = () => {
      if (waits.length === 2) leaver.abort(new Error('revoked'));
      if (waits.length === 4) stub.answer = known;
    };
    const left = expect(catalog.resolve(ID, { signal: leaver.signal })).rejects.toThrow('revoked');
    await catalog.resolve(ID, { signal: never });
    await left;
    expect(decode()).toEqual(event);
  });
});
