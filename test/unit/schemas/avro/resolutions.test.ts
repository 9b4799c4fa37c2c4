import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkEvents } from '../../../../schemas/codecs.js';
import { CatalogRig, never } from '../registry/catalog-rig.js';
import type { OurOutcome, Outcome } from './resolutions/row.js';
import { RESOLUTIONS } from './resolutions/table.js';
import { frame } from '../samples.js';
import { json } from '../registry/stub-registry.js';

let rig: CatalogRig;

/** Each row's schema under its number, and what it refers to under subjects of its own. */
beforeAll(async () => {
  rig = await CatalogRig.start();
  rig.stub.answer = ({ path }, response) => {
    const [, kind, name = '', , version] = path.split(/[/?]/).map(decodeURIComponent);
    if (kind === 'subjects') {
      json(response, 200, { schema: JSON.stringify(RESOLUTIONS[Number(name)]!.references![Number(version)]) });
      return;
    }
    const id = Number(path.split('/').at(-1));
    const { writer, references = [] } = RESOLUTIONS[id]!;
    json(response, 200, {
      schema: JSON.stringify(writer),
      references: references.map((_, index) => ({ name: `reference ${index}`, subject: `${id}`, version: index })),
    });
  };
  for (const id of RESOLUTIONS.keys()) await rig.catalog.resolve(id, { signal: never });
});

afterAll(() => rig.close());

/** What Avro's reader does is what we do. */
function asJava(java: Outcome | undefined): OurOutcome | undefined {
  return java === 'unread' ? 'undecodable' : java === 'no-schema' ? 'wrong-record' : java;
}

describe("a writer's schema is resolved as Avro's reader does:", () => {
  it.each(RESOLUTIONS.map(({ name }, id) => [name, id] as const))('%s', (_, id) => {
    const { topic, body, java, ours } = RESOLUTIONS[id]!;
    const decoded = rig.catalog.decodeSink(topic as keyof SinkEvents, frame(id, body));
    const outcome = decoded.kind === 'event' ? { reads: decoded.event } : decoded.kind === 'poison' && decoded.reason;
    expect(outcome).toEqual(ours?.outcome ?? asJava(java));
  });
});

it('differs from Avro’s reader only where it says why', () => {
  for (const { java, ours } of RESOLUTIONS.filter((row) => row.ours))
    expect([ours!.why, ours!.outcome]).not.toEqual([undefined, asJava(java)]);
});
