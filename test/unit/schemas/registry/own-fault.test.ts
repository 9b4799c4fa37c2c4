/** An id that the registry never gives, though it answers for others: its records are poison, and nothing is out. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCHEMAS } from '../../../../schemas/types.js';
import { CatalogRig, never } from './catalog-rig.js';
import { avro, task, valueOf } from '../samples.js';
import { type Answer, json, notKnown } from './stub-registry.js';

const [BAD, GOOD] = [7, 8];
const MINUTE = 60_000;

const tooLarge: Answer = (_, response) => json(response, 200, avro({ type: 'string', doc: 'x'.repeat(1_100_000) }));
const status =
  (code: number, body: unknown = { error_code: 0, message: 'Failed to discover artifact type' }): Answer =>
  (_, response) =>
    json(response, code, body);
const KINDS: [string, Answer, RegExp][] = [
  ['that is too large', tooLarge, /more than 1048576 bytes/],
  ["for which Apicurio answers 400, as it does for another artifact's type", status(400), /answers 400/],
  ['for which the registry answers 403', status(403, '<h1>Forbidden</h1>'), /answers 403/],
  ['for which the registry answers 410', status(410), /answers 410/],
  ['for which the registry answers 422', status(422, { error_code: 42201, message: 'x' }), /answers 422/],
];

let rig: CatalogRig;
/** How the registry answers for the good id, and for our own subject. */
let others: Answer;

const only =
  (bad: Answer): Answer =>
  (asked, response) =>
    (asked.path === `/schemas/ids/${BAD}` ? bad : others)(asked, response);

beforeEach(async () => {
  rig = await CatalogRig.start();
  others = (_, response) => json(response, 200, avro(SCHEMAS.TaskEvent));
});

afterEach(() => rig.close());

const decode = (id: number) => rig.catalog.decode('TASK_EVENT_TOPIC', valueOf(id, SCHEMAS.TaskEvent, task));

describe.each(KINDS)('a schema id %s', (_, bad, message) => {
  it('makes its records wrong-record after three tries, 1 s and 2 s apart, and says nothing of an outage', async () => {
    rig.stub.answer = only(bad);
    rig.meanwhile = () => expect(rig.catalog.health.ready).toBe(true);
    await rig.catalog.resolve(GOOD, { signal: never });
    await rig.catalog.resolve(BAD, { signal: never });
    expect(rig.waits).toEqual([1000, 2000]);
    const decoded = decode(BAD);
    expect(decoded).toMatchObject({ kind: 'poison', reason: 'wrong-record', attempts: 3 });
    expect(decoded).toMatchObject({ message: expect.stringMatching(message) as string });
    // What the registry says, and where it is, goes to the log and not into the dead letter.
    expect(decoded).not.toMatchObject({ message: expect.stringContaining('127.0.0.1') as string });
    expect(rig.logged).toEqual(Array(3).fill('the schema registry answers, but not for this schema id'));
    expect(decode(GOOD)).toMatchObject({ kind: 'event' });
  });

  it('is an outage while the registry does not answer for another one either', async () => {
    rig.stub.answer = only(bad);
    await rig.catalog.resolve(GOOD, { signal: never });
    others = status(503);
    rig.meanwhile = () => {
      expect(rig.catalog.health.ready).toBe(false);
      expect(decode(BAD)).toEqual({ kind: 'unresolved', schemaId: BAD });
      if (rig.waits.length === 3) rig.stub.answer = (__, response) => json(response, 200, avro(SCHEMAS.TaskEvent));
    };
    await rig.catalog.resolve(BAD, { signal: never });
    expect(decode(BAD)).toMatchObject({ kind: 'event' });
  });
});

describe('a schema id at fault', () => {
  it('is told by one of our own subjects while no id was answered yet', async () => {
    rig.stub.answer = only(status(400));
    await rig.catalog.resolve(BAD, { signal: never });
    expect(decode(BAD)).toMatchObject({ reason: 'wrong-record' });
    expect(rig.paths.filter((path) => path !== `/schemas/ids/${BAD}`)).toEqual(
      Array(3).fill('/subjects/own-value/versions/latest'),
    );
  });

  it('is told by our own subject when the id that was good is gone', async () => {
    rig.stub.answer = only(status(400));
    await rig.catalog.resolve(GOOD, { signal: never });
    others = (asked, response) =>
      asked.path.startsWith('/subjects/') ? json(response, 200, { id: 1 }) : notKnown(response);
    await rig.catalog.resolve(BAD, { signal: never });
    expect(decode(BAD)).toMatchObject({ reason: 'wrong-record' });
  });

  it('is remembered for five minutes, then asked for again', async () => {
    rig.stub.answer = only(status(400));
    await rig.catalog.resolve(BAD, { signal: never });
    rig.now += 5 * MINUTE - 1;
    expect(decode(BAD)).toMatchObject({ reason: 'wrong-record' });
    rig.now += 1;
    expect(decode(BAD)).toEqual({ kind: 'unresolved', schemaId: BAD });
    rig.stub.answer = others;
    await rig.catalog.resolve(BAD, { signal: never });
    expect(decode(BAD)).toMatchObject({ kind: 'event' });
  });

  it('is known as soon as one of its tries is answered well', async () => {
    rig.stub.answer = only(status(403));
    rig.meanwhile = () => {
      if (rig.waits.length === 2) rig.stub.answer = others;
    };
    await rig.catalog.resolve(BAD, { signal: never });
    expect(decode(BAD)).toMatchObject({ kind: 'event' });
  });

  it.each([[401], [408], [429], [404], [500], [503]])(
    'is no id for which the registry answers %i, whatever it answers for others: that is waited out',
    async (code) => {
      rig.stub.answer = only(status(code, {}));
      rig.meanwhile = () => {
        expect(decode(BAD)).toEqual({ kind: 'unresolved', schemaId: BAD });
        if (rig.waits.length === 5) rig.stub.answer = others;
      };
      await rig.catalog.resolve(GOOD, { signal: never });
      await rig.catalog.resolve(BAD, { signal: never });
      expect(rig.waits).toEqual([1000, 2000, 4000, 8000, 10_000]);
      expect(decode(BAD)).toMatchObject({ kind: 'event' });
    },
  );
});

it('ids that a producer makes up by the hundred do not fill the log', async () => {
  rig.stub.answer = (asked, response) =>
    (/\/schemas\/ids\/1\d\d$/.test(asked.path) ? status(403, 'no') : others)(asked, response);
  await rig.catalog.resolve(GOOD, { signal: never });
  for (let id = 100; id < 130; id += 1) await rig.catalog.resolve(id, { signal: never });
  expect(rig.logged.length).toBeLessThan(20);
});
