import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RegistryClient } from '../../../../schemas/registry/registry-client.js';
import type { RegistryFault } from '../../../../schemas/registry/registry-outage.js';
import { SCHEMAS } from '../../../../schemas/types.js';
import { CatalogRig, never } from './catalog-rig.js';
import { avro, frame, task, valueOf } from '../samples.js';
import { type Answer, json, notKnown } from './stub-registry.js';

const ID = 7;
const value = valueOf(ID, SCHEMAS.TaskEvent, task);
const event = { kind: 'event', value: { topic: 'TASK_EVENT_TOPIC', event: task } };
const unknown: Answer = (_, response) => notKnown(response);
const known: Answer = (_, response) => json(response, 200, avro(SCHEMAS.TaskEvent));

const PATIENT = { timeout: 8000 };

let rig: CatalogRig;

beforeEach(async () => {
  rig = await CatalogRig.start();
});

afterEach(() => rig.close());

const decode = () => rig.catalog.decode('TASK_EVENT_TOPIC', value);

describe('an id that the registry knows', () => {
  it('is asked for once, however many wait for it', async () => {
    rig.stub.answer = known;
    expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
    await Promise.all([1, 2, 3].map(() => rig.catalog.resolve(ID, { signal: never })));
    expect(decode()).toEqual(event);
    expect(rig.stub.asked.map((asked) => asked.path)).toEqual(['/schemas/ids/7']);
  });

  it('is asked for with the credentials of the url, which no message shows', async () => {
    const url = rig.stub.url.replace('//', '//user%40:p%3Aw@');
    const client = new RegistryClient({ url });
    rig.stub.answer = (_, response) => json(response, 500, {});
    await expect(client.ask({ method: 'GET', path: '/x' })).rejects.toThrow(`answered 500 to GET ${rig.stub.url}/x`);
    const credentials = Buffer.from('user@:p:w').toString('base64');
    expect(rig.stub.asked[0]?.authorization).toBe(`Basic ${credentials}`);
  });
});

describe('an id that the registry does not know', () => {
  it('is asked for three times, 1 s and 2 s apart, then unknown-schema for 30 s', async () => {
    await rig.catalog.resolve(ID, { signal: never });
    expect(rig.stub.asked).toHaveLength(3);
    expect(rig.waits).toEqual([1000, 2000]);
    expect(decode()).toMatchObject({ kind: 'poison', reason: 'unknown-schema', attempts: 3 });
    expect(rig.catalog.health.ready).toBe(true);
    rig.now += 29_999;
    expect(decode()).toMatchObject({ kind: 'poison' });
    rig.now += 1;
    expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
  });

  it('tells who asked first of each try after the first, of the ids that come next as well', async () => {
    const [first, second] = [vi.fn(), vi.fn()];
    const ahead = [frame(8, Buffer.alloc(1))];
    await Promise.all([
      rig.catalog.resolve(ID, { signal: never, ahead, onRetry: first }),
      rig.catalog.resolve(ID, { signal: never, onRetry: second }),
      rig.catalog.resolve(8, { signal: never }),
    ]);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([4, 0]);
  });

  it('is known once the registry has learnt it meanwhile', async () => {
    rig.meanwhile = () => (rig.stub.answer = known);
    await rig.catalog.resolve(ID, { signal: never });
    expect(decode()).toEqual(event);
    expect(rig.waits).toEqual([1000]);
  });

  it('uses up no patience but its own: 40 that come together are asked for together, three times each', async () => {
    const ahead = Array.from({ length: 40 }, (_, index) => frame(100 + index, Buffer.alloc(1)));
    const good = frame(500, Buffer.alloc(1));
    await rig.catalog.resolve(ID, { signal: never, ahead: [...ahead, null, Buffer.alloc(3), good] });
    await vi.waitFor(() => expect(rig.stub.asked).toHaveLength(42 * 3), PATIENT);
    // Together, 16 at a time: that many had their first try before any had its third.
    const third = rig.paths.findIndex(
      (path, index) => rig.paths.slice(0, index).filter((earlier) => earlier === path).length === 2,
    );
    expect(new Set(rig.paths.slice(0, third)).size).toBeGreaterThan(16);
    for (const message of ahead)
      await vi.waitFor(
        () => expect(rig.catalog.decode('TASK_EVENT_TOPIC', message)).toMatchObject({ attempts: 3 }),
        PATIENT,
      );
  });

  it('is not asked for ahead again while its answer counts', async () => {
    await rig.catalog.resolve(ID, { signal: never });
    await rig.catalog.resolve(8, { signal: never, ahead: [value, value, frame(8, Buffer.alloc(1))] });
    expect(rig.paths.filter((path) => path.endsWith('/7'))).toHaveLength(3);
    expect(rig.paths).toHaveLength(6);
  });

  it('that was asked for ahead is let go when the caller leaves', async () => {
    const leaver = new AbortController();
    rig.meanwhile = () => leaver.abort(new Error('revoked'));
    const ahead = [frame(8, Buffer.alloc(1))];
    await expect(rig.catalog.resolve(ID, { signal: leaver.signal, ahead })).rejects.toThrow('revoked');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.paths).toHaveLength(2);
  });

  it('is one of 16 questions at a time, however many ids are asked for', async () => {
    const open: ServerResponse[] = [];
    let most = 0;
    rig.stub.answer = (_, response) => (most = Math.max(most, open.push(response)));
    const letGo = setInterval(() => open.splice(0).forEach(notKnown), 50);
    onTestFinished(() => clearInterval(letGo));
    const ahead = Array.from({ length: 60 }, (_, index) => frame(100 + index, Buffer.alloc(1)));
    await rig.catalog.resolve(ID, { signal: never, ahead });
    await vi.waitFor(() => expect(rig.stub.asked).toHaveLength(61 * 3), PATIENT);
    expect(most).toBe(16);
  });

  it("is not told by a 404 without the registry's own error code", async () => {
    const answers: Answer[] = [
      (_, response) => json(response, 404, { error_code: 404, message: 'HTTP 404 Not Found' }),
      (_, response) => json(response, 404, { error_code: 40404, message: 'of somebody else' }),
      (_, response) => json(response, 404, { message: 'no such route' }),
    ];
    rig.stub.answer = (asked, response) => (answers.shift() ?? unknown)(asked, response);
    await rig.catalog.resolve(ID, { signal: never });
    expect(rig.logged).toEqual(['waiting for the schema registry']);
    expect(rig.stub.asked).toHaveLength(6);
    expect(decode()).toMatchObject({ reason: 'unknown-schema', attempts: 3 });
  });
});

describe('an outage', () => {
  const outages: [string, Answer, RegistryFault][] = [
    ['answers 500', (_, response) => json(response, 500, { error_code: 50001, message: 'store' }), 'failing'],
    ['answers 401', (_, response) => json(response, 401, {}), 'credentials'],
    [
      'answers a 404 that is not its own',
      (_, response) => response.writeHead(404).end('<h1>default backend</h1>'),
      'path',
    ],
    ['answers 403 to everything', (_, response) => json(response, 403, {}), 'credentials'],
    ['answers 400 to everything', (_, response) => json(response, 400, { error_code: 0, message: 'no' }), 'refusing'],
    ['answers 429', (_, response) => json(response, 429, {}), 'busy'],
    ['redirects', (_, response) => response.writeHead(302, { location: rig.stub.url }).end(), 'path'],
    ['answers garbage', (_, response) => response.end('<html>'), 'unusable'],
    ['answers without a schema', (_, response) => json(response, 200, {}), 'unusable'],
    ['answers 10 MB', (_, response) => response.end(Buffer.alloc(10_000_000, 32)), 'unusable'],
    ['cuts the connection', (_, response) => void response.destroy(), 'unreachable'],
  ];

  it.each(outages)('that %s is waited out, shows in health, and costs no dead letter', async (_, answer, fault) => {
    rig.stub.answer = answer;
    const faults: (RegistryFault | undefined)[] = [];
    rig.meanwhile = () => {
      faults.push(rig.catalog.health.fault);
      expect(rig.catalog.health.ready).toBe(false);
      expect(decode()).toEqual({ kind: 'unresolved', schemaId: ID });
      if (rig.waits.length === 4) rig.stub.answer = known;
    };
    await rig.catalog.resolve(ID, { signal: never });
    expect(decode()).toEqual(event);
    expect(rig.waits).toEqual([1000, 2000, 4000, 8000]);
    expect(faults).toEqual(Array(4).fill(fault));
    expect(rig.catalog.health).toMatchObject({ ready: true, fault: undefined });
  });

  it.each<[string, Answer]>([
    ['does not answer in time', () => undefined],
    ['hangs in the middle of its answer', (_, response) => void response.write('{"schema":')],
  ])('that %s is waited out', async (_, answer) => {
    await rig.close();
    rig = await CatalogRig.start(200);
    rig.stub.answer = answer;
    rig.meanwhile = () => {
      expect(rig.catalog.health.fault).toBe('unreachable');
      rig.stub.answer = known;
    };
    await rig.catalog.resolve(ID, { signal: never });
    expect(decode()).toEqual(event);
  });

  it('when nothing listens is waited out for longer and longer, up to ten times the first wait', async () => {
    await rig.stub.close();
    const controller = new AbortController();
    rig.meanwhile = () => rig.waits.length === 6 && controller.abort(new Error('task closed'));
    await expect(rig.catalog.resolve(ID, { signal: controller.signal })).rejects.toThrow('task closed');
    expect(rig.waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    // The caller leaves at once; the work that nobody rig.waits for ends a moment later.
    await vi.waitFor(() => expect(rig.catalog.health.ready).toBe(true));
    rig = await CatalogRig.start();
  });

  it('does not use up the tries of an id that is not known', async () => {
    const answers = [notKnown, outages[0]![1], notKnown, outages[0]![1], notKnown];
    rig.stub.answer = (asked, response) => {
      const next = answers.shift();
      if (next === notKnown) notKnown(response);
      else (next as Answer)(asked, response);
    };
    await rig.catalog.resolve(ID, { signal: never });
    expect(rig.stub.asked).toHaveLength(5);
    expect(decode()).toMatchObject({ reason: 'unknown-schema', attempts: 3 });
  });

  it('lets one caller leave while another goes on waiting', async () => {
    rig.stub.answer = outages[0]![1];
    const leaver = new AbortController();
    rig.meanwhile = () => {
      if (rig.waits.length === 2) leaver.abort(new Error('revoked'));
      if (rig.waits.length === 4) rig.stub.answer = known;
    };
    const left = expect(rig.catalog.resolve(ID, { signal: leaver.signal })).rejects.toThrow('revoked');
    await rig.catalog.resolve(ID, { signal: never });
    await left;
    expect(decode()).toEqual(event);
  });
});
