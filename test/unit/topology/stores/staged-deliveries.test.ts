import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createMetrics, METRIC_PREFIX } from '../../../../common/metrics.js';
import { StagedDeliveries } from '../../../../topology/stores/staged-deliveries.js';
import { route } from '../../processors/routed.js';
import { emitDelivered } from '../../../../processors/sinks/delivered.js';
import type { DirectoryEntry } from '../../../../state/directory/directory-entry.js';

const userOf = (userId: bigint, parts: Partial<DirectoryEntry> = {}): DirectoryEntry => ({
  ...{ tenantId: 1n, userId, timestamp: 1n, eventId: 'u', deleted: false, email: 'a@example.org', fullName: null },
  ...{ locale: 'en', timeZone: null, deviceTokens: ['d'], mutedChannels: [] },
  ...parts,
});

/** What a commit of these counts above 0, by its labels, and what it has observed. */
async function countsOf(deliveries: StagedDeliveries, now: number): Promise<Record<string, number>> {
  const registry = new Registry();
  const metrics = createMetrics(registry);
  deliveries.count(metrics, now);
  const counts: Record<string, number> = {};
  for (const line of (await registry.metrics()).split('\n')) {
    const [, name, value] =
      new RegExp(`^${METRIC_PREFIX}(?:deliveries_total|event_commit_seconds)(\\S+) (\\S+)$`).exec(line) ?? [];
    const labels = name
      ?.replace(/\w+="([^"]*)",?/g, '$1 ')
      .replace(/[{}]/g, ' ')
      .trim();
    if (labels !== undefined && Number(value) > 0) counts[labels] = Number(value);
  }
  return counts;
}

const PARTS_OF = (counts: Record<string, number>, ...words: string[]) =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => words.some((word) => name.startsWith(word))));

describe('the deliveries of a commit', () => {
  it('are what the delivered topic says, by channel, status and reason', async () => {
    const deliveries = new StagedDeliveries();
    const users = (userId: bigint) =>
      userOf(userId, userId === 1n ? { email: null } : userId === 2n ? { mutedChannels: ['EMAIL'] } : {});
    const { parts } = route({
      ...{ rendered: [], users, recipients: [1n, 2n, 3n], channels: ['EMAIL', 'IN_APP', 'FAX'] },
    });
    for (const part of parts) deliveries.add(1000, part);
    expect(PARTS_OF(await countsOf(deliveries, 1000), 'EMAIL', 'IN_APP', 'other')).toEqual({
      'EMAIL DISPATCHED none': 1,
      'EMAIL SKIPPED MUTED': 1,
      'EMAIL SKIPPED NO_ADDRESS': 1,
      'IN_APP DISPATCHED none': 3,
      'other SKIPPED UNKNOWN_CHANNEL': 3,
    });
  });

  it('of an event that is made in parts are all counted, by its first part alone', async () => {
    const recipients = Array.from({ length: 5000 }, (_, index) => BigInt(index + 1));
    // Only in the last part has somebody an address.
    const users = (userId: bigint) => userOf(userId, userId === 4999n ? {} : { email: null });
    const { parts, emitted } = route({ rendered: [], users, recipients, channels: ['EMAIL'] });
    expect(emitted(emitDelivered)).toHaveLength(5000);
    const deliveries = new StagedDeliveries();
    deliveries.add(0, parts[0]!);
    const counts = await countsOf(deliveries, 4000);
    expect(counts).toMatchObject({ 'EMAIL DISPATCHED none': 1, 'EMAIL SKIPPED NO_ADDRESS': 4999 });
    expect(counts).toMatchObject({ '_count EMAIL': 1, '_sum EMAIL': 4 });
  });

  it('say how long each event took to its commit, once a channel that it was handed on to, however many there are', async () => {
    const deliveries = new StagedDeliveries();
    const users = (userId: bigint) => userOf(userId, { deviceTokens: [] });
    const [part] = route({ rendered: [], users, recipients: [1n, 2n], channels: ['EMAIL', 'PUSH'] }).parts;
    for (let event = 0; event < 3000; event += 1) deliveries.add(event === 0 ? 10_000 : 1000, part!);
    const counts = await countsOf(deliveries, 3000);
    expect(counts).toMatchObject({ '_count EMAIL': 3000, 'PUSH SKIPPED NO_DEVICE': 6000 });
    // From the future: 0.
    expect(PARTS_OF(counts, '_sum', '_bucket EMAIL 0.01', '_bucket EMAIL 2.5', '_count PUSH')).toEqual({
      '_sum EMAIL': 2 * 2999,
      '_bucket EMAIL 0.01': 1,
      '_bucket EMAIL 2.5': 3000,
    });
  });

  it('are none once they are cleared', async () => {
    const deliveries = new StagedDeliveries();
    deliveries.add(0, route({ rendered: [], users: (userId) => userOf(userId), recipients: [1n] }).parts[0]!);
    deliveries.clear();
    expect(await countsOf(deliveries, 1)).toEqual({});
  });
});
