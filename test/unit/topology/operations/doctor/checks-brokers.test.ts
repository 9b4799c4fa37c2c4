import { describe, expect, it } from 'vitest';
import type { BrokerView } from '../../../../../topology/kafka/index.js';
import {
  judgeAddresses,
  judgeBrokers,
  judgeReleases,
  judgeTransactions,
} from '../../../../../topology/operations/doctor/checks-brokers.js';
import { matching, saying } from '../../../said.js';

const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

function broker(
  nodeId: number,
  supported: Record<string, number> = {},
  features: Record<string, number> = {},
): BrokerView {
  const spoken = {
    newest: new Map(),
    supported: new Map(Object.entries(supported)),
    features: new Map(Object.entries(features)),
  };
  return { nodeId, address: `kafka-${nodeId}:9092`, spoken };
}

describe('the addresses of KAFKA_BROKERS', () => {
  const both = ['kafka-1:9092', 'kafka-2:9092'];

  it('are well when each answers', () => {
    expect(judgeAddresses(both, new Map())).toMatchObject([{ mark: 'ok', found: saying('2 of 2') }]);
  });

  it('are a warning, by name, while one answers, and a fault when none does', () => {
    expect(judgeAddresses(both, new Map([['kafka-2:9092', refused]]))).toMatchObject([
      { mark: 'warning', found: matching(/"kafka-2:9092" does not answer .*: no broker answers/) },
    ]);
    const none = judgeAddresses(both, new Map(both.map((address) => [address, refused])));
    expect(none.map(({ mark }) => mark)).toEqual(['fault', 'fault']);
  });
});

it('names a broker that does not answer where it says that it is', () => {
  const silent = { ...broker(2), spoken: refused };
  expect(judgeBrokers([broker(1), silent])).toMatchObject([
    { mark: 'fault', found: saying('broker 2 does not answer at kafka-2:9092') },
  ]);
});

describe('the release of a broker', () => {
  it.each([
    [21, 'ok', 'Kafka 3.9'],
    [24, 'ok', 'Kafka 4.0'],
    [29, 'ok', 'Kafka 4.2'],
    [30, 'warning', 'Kafka 4.3'],
    [33, 'warning', 'newer than 4.3'],
  ])('by metadata.version %i is %s: %s', (level, mark, found) => {
    const [finding] = judgeReleases([broker(1, { 'metadata.version': level })]);
    expect(finding).toMatchObject({ mark, found: saying(found) });
    if (mark === 'warning') expect(finding!.found).toContain('lose commit markers');
  });

  it('is not known of one that says no metadata.version', () => {
    expect(judgeReleases([broker(1), { ...broker(2), spoken: undefined }])).toMatchObject([
      { mark: 'warning', found: saying('broker 1 says nothing of its release') },
      { mark: 'warning', found: saying('broker 2') },
    ]);
  });

  it('names the one broker of another release', () => {
    const findings = judgeReleases([29, 30].map((level, node) => broker(node, { 'metadata.version': level })));
    expect(findings.map(({ mark }) => mark)).toEqual(['warning', 'ok']);
    expect(findings[0]!.found).toContain('broker 1 is Kafka 4.3');
  });
});

it.each([
  ['ok', { 'transaction.version': 2 }, { 'transaction.version': 2 }, /^transaction.version is 2/],
  [
    'warning',
    { 'transaction.version': 2 },
    { 'transaction.version': 1 },
    /^transaction.version is 1, and these brokers know 2/,
  ],
  ['warning', { 'transaction.version': 2 }, {}, /^transaction.version is 0/],
  ['ok', {}, {}, /is not known to these brokers/],
] as const)('transactions: %s where brokers know %j and are set to %j', (mark, supported, features, found) => {
  expect(judgeTransactions([broker(1, supported, features)])).toMatchObject([{ mark, found: matching(found) }]);
});
