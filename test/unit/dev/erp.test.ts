/** The simulators against the topology without a broker: two readings of one contract, made apart. */
import { SOURCE_RECORDS } from '../../../dev/contract/sources.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultsOf } from '../../../dev/demo/verdict.js';
import { Erp, type ErpRecord } from '../../../dev/simulators/erp.js';
import { Ledger } from '../../../dev/simulators/ledger.js';
import { loggingTracker } from '../../../dev/simulators/logging-tracker.js';
import { mailservice } from '../../../dev/simulators/mailservice.js';
import { operators } from '../../../dev/simulators/operators.js';
import { pushService } from '../../../dev/simulators/push-service.js';
import { Random } from '../../../dev/simulators/random.js';
import { SourceEncoder } from '../../../dev/simulators/source-encoder.js';
import { Staff } from '../../../dev/simulators/staff.js';
import { userInbox } from '../../../dev/simulators/user-inbox.js';
import { TopologyDriver, type Driven } from '../../../topology/testing/driver.js';
import { SOURCE_TOPICS, type SourceTopic } from '../../../common/record.js';

function erpFor(driver: TopologyDriver, seed: number): Erp {
  const ids = Object.fromEntries(SOURCE_TOPICS.map((topic) => [topic, driver.register(SOURCE_RECORDS[topic])]));
  const random = new Random(seed);
  const staff = new Staff(random, 40);
  const encoder = new SourceEncoder(ids as Record<SourceTopic, number>);
  return new Erp({ random, staff, now: () => driver.now }, encoder);
}

async function feed(driver: TopologyDriver, ledger: Ledger, record: ErpRecord): Promise<Driven> {
  ledger.expect(record);
  const driven = await driver.feedValue(record.topic, record.value, { key: Buffer.from(record.key) });
  const { outputs } = driven;
  for (const { event } of outputs.NOTIFICATION_INAPP_TOPIC) userInbox(event, ledger);
  for (const { event } of outputs.EMAIL_REQUEST_TOPIC) mailservice(event, ledger);
  for (const { event } of outputs.PUSH_REQUEST_TOPIC) pushService(event, ledger);
  for (const { event } of outputs.NOTIFICATION_DELIVERED_TOPIC) loggingTracker(event, ledger);
  for (const { key, value, headers, added } of outputs.NOTIFICATION_DLQ) {
    operators({ key, value, headers: headers.and(added) }, ledger);
  }
  return driven;
}

describe('the simulated ERP', () => {
  it('expects exactly what the topology makes of it, whatever the seed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 32 - 1 }), async (seed) => {
        const driver = new TopologyDriver();
        const ledger = new Ledger();
        const erp = erpFor(driver, seed);
        for (const arrival of erp.arrivals()) await feed(driver, ledger, arrival);
        for (let count = 0; count < 800; count += 1) {
          await feed(driver, ledger, erp.next());
          driver.advance(20);
        }
        expect(faultsOf(ledger)).toEqual([]);
      }),
      { numRuns: 3 },
    );
  }, 30_000);

  it('sends about one repeat in ten, and poison and skipped records of every topic now and then', () => {
    const ledger = new Ledger();
    const erp = erpFor(new TopologyDriver(), 7);
    for (let count = 0; count < 20_000; count += 1) ledger.expect(erp.next());
    const sum = (kind: ErpRecord['kind']): number =>
      [...ledger.sent.values()].reduce((all, counts) => all + counts[kind], 0);
    expect(sum('repeat') / 20_000).toBeCloseTo(0.1, 2);
    expect(sum('poison') / 20_000).toBeCloseTo(0.012, 2);
    expect(sum('skipped') / 20_000).toBeCloseTo(0.01, 2);
    for (const counts of ledger.sent.values()) expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
    expect(Object.values(ledger.expected).every((count) => count > 0)).toBe(true);
  });

  it('dead-letters for each of the reasons that a record itself can give', () => {
    const erp = erpFor(new TopologyDriver(), 11);
    const reasons = new Set<string>();
    for (let count = 0; count < 12_000; count += 1) {
      const record = erp.next();
      if (record.kind === 'poison') reasons.add(record.expected[0]!.identity.split(':')[0]!);
    }
    expect([...reasons].sort()).toEqual([
      'bad-magic',
      'invalid-event',
      'undecodable',
      'unknown-schema',
      'wrong-record',
    ]);
  });

  it('does the same again with the same seed', () => {
    const [one, other] = [erpFor(new TopologyDriver(), 3), erpFor(new TopologyDriver(), 3)];
    for (let count = 0; count < 500; count += 1) expect(other.next()).toEqual(one.next());
  });
});

describe('the staff', () => {
  it('begins with someone who has an address, devices and no mutes, and has others who lack each', () => {
    const { people } = new Staff(new Random(1), 200);
    expect(people[0]).toMatchObject({ email: 'linh.tran@saomai.example', mutedChannels: [] });
    expect(people[0]!.deviceTokens).toHaveLength(2);
    expect(people.some(({ email }) => email === null)).toBe(true);
    expect(people.some(({ deviceTokens }) => deviceTokens.length === 0)).toBe(true);
    for (const channel of ['IN_APP', 'EMAIL', 'PUSH']) {
      expect(people.some(({ mutedChannels }) => mutedChannels.includes(channel))).toBe(true);
    }
  });

  it('has no two people with one id or one address', () => {
    const { people } = new Staff(new Random(1), 400);
    expect(new Set(people.map(({ userId }) => userId)).size).toBe(400);
    const addresses = people.flatMap(({ email }) => email ?? []);
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});
