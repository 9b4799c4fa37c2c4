import { describe, expect, it } from 'vitest';
import { RegistryOutageError } from '../../../../../schemas/registry/registry-outage.js';
import type { OwnSubject } from '../../../../../schemas/registry/own-subjects.js';
import {
  judgeAddresses,
  judgeClock,
  judgeCompatibility,
  judgeSubjects,
  type SeenSubject,
} from '../../../../../topology/operations/doctor/checks-registry.js';
import { matching, saying } from '../../../said.js';

function seen(
  subject: string,
  kind: OwnSubject['kind'],
  versions: number,
  over: Partial<SeenSubject> = {},
): SeenSubject {
  const own = { subject, kind, record: `our.${subject}` } as OwnSubject;
  const all = Array.from({ length: versions }, (_, index) => ({ version: index + 1, id: index + 1 }));
  const view = { latest: undefined, versions: all, ours: undefined, compatibility: 'BACKWARD_TRANSITIVE' };
  return { own, view, problems: [], ...over };
}
const found = (subject: string): SeenSubject => {
  const one = seen(subject, 'sink', 1);
  return { ...one, view: { ...one.view, ours: { version: 1, id: 1 } } };
};

describe('the addresses of SCHEMA_REGISTRY_URL', () => {
  const path = new RegistryOutageError('path', 'answered 404');

  it('are a fault when none is the registry, with what to do about it', () => {
    expect(judgeAddresses([{ baseUrl: 'http://r', error: path }])).toMatchObject([
      { mark: 'fault', found: 'answered 404', toDo: saying('/apis/ccompat/v7') },
    ]);
  });

  it('are a warning while another one is', () => {
    const asked = [
      { baseUrl: 'http://r', error: path },
      { baseUrl: 'http://s', error: undefined },
    ];
    expect(judgeAddresses(asked).map(({ mark }) => mark)).toEqual(['warning']);
  });
});

describe('subjects', () => {
  it('are well where each holds our schema, or one of its producers that is read', () => {
    expect(judgeSubjects([found('a'), seen('b', 'source', 2)])).toMatchObject([{ mark: 'ok' }]);
  });

  it('of ours that are missing are one fault that names them, those of producers a warning', () => {
    const all = [seen('a', 'sink', 0), seen('b', 'sink', 3), seen('c', 'source', 0), found('d')];
    expect(judgeSubjects(all)).toMatchObject([
      { mark: 'fault', found: 'no worker starts while our schema is not under a, b', expected: 'our.a, our.b' },
      { mark: 'warning', found: matching(/^nothing is under c:/) },
    ]);
  });

  it('that would refuse our schema, and producers whose schema is not read, are a fault each, with why', () => {
    const all = [
      seen('a', 'sink', 1, { problems: ['READER_FIELD_MISSING'] }),
      seen('b', 'source', 1, { problems: ['another record'] }),
    ];
    expect(judgeSubjects(all)).toMatchObject([
      { mark: 'fault', found: saying('would refuse it: READER_FIELD_MISSING') },
      { mark: 'fault', found: saying('latest version of b is read: another record') },
    ]);
  });

  it('with a weak compatibility are a warning, with the request that mends it', () => {
    const weak = seen('a', 'source', 1);
    const all = [{ ...weak, view: { ...weak.view, compatibility: 'NONE' } }, found('b')];
    expect(judgeCompatibility(all)).toMatchObject([
      {
        mark: 'warning',
        found: matching(/^a: its compatibility is NONE/),
        toDo: matching(/^PUT \/config\/a/),
      },
    ]);
  });
});

it.each([
  [0, 'ok'],
  [5000, 'ok'],
  [6000, 'warning'],
  [-90_000, 'warning'],
])('a clock %i ms ahead of the registry is %s', (ahead, mark) => {
  expect(judgeClock(1_000_000 + ahead, 1_000_000)).toMatchObject([{ mark }]);
});
