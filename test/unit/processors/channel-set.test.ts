import { describe, expect, it } from 'vitest';
import { DELIVERIES } from '../../../common/label-values.js';
import { ChannelSet } from '../../../processors/channel-set.js';

describe('the channels of an event', () => {
  const channels = new ChannelSet(['PUSH', 'FAX', 'IN_APP', 'EMAIL', 'PUSH']);
  const deliveries = (...fares: Parameters<ChannelSet['fare']>): string[] =>
    channels.fare(...fares).deliveries.map(({ channel, status, reason }) => `${channel} ${reason ?? status}`);

  it('are named each once, in their order, and those that we know are known', () => {
    expect(channels.names).toEqual(['PUSH', 'FAX', 'IN_APP', 'EMAIL']);
    expect(channels).toMatchObject({ inApp: true, email: true, push: true });
    expect(new ChannelSet([])).toMatchObject({ names: ['IN_APP'], inApp: true, email: false, push: false });
  });

  it('make one entry each, for every way to fare', () => {
    for (const inApp of ['DISPATCHED', 'MUTED'] as const) {
      for (const email of ['DISPATCHED', 'MUTED', 'NO_ADDRESS'] as const) {
        for (const push of ['DISPATCHED', 'MUTED', 'NO_DEVICE'] as const) {
          expect(deliveries(inApp, email, push)).toEqual([
            `PUSH ${push}`,
            'FAX UNKNOWN_CHANNEL',
            `IN_APP ${inApp}`,
            `EMAIL ${email}`,
          ]);
        }
      }
    }
  });

  it('are each counted where the delivery table has them, for every way to fare', () => {
    for (const inApp of ['DISPATCHED', 'MUTED'] as const)
      for (const email of ['DISPATCHED', 'MUTED', 'NO_ADDRESS'] as const)
        for (const push of ['DISPATCHED', 'MUTED', 'NO_DEVICE'] as const) {
          const { numbers, handedOn } = channels.fare(inApp, email, push);
          const said = numbers.map((number) => Object.values(DELIVERIES[number]!).join(' '));
          const sayOf = (channel: string, fared: string): string =>
            fared === 'DISPATCHED' ? `${channel} DISPATCHED none` : `${channel} SKIPPED ${fared}`;
          expect(said).toEqual([
            sayOf('PUSH', push),
            'other SKIPPED UNKNOWN_CHANNEL',
            sayOf('IN_APP', inApp),
            sayOf('EMAIL', email),
          ]);
          const bits = [inApp, email, push].map((fared, bit) => (fared === 'DISPATCHED' ? 1 << bit : 0));
          expect(handedOn).toBe(bits.reduce((sum, bit) => sum + bit));
        }
    const late = channels.expired.numbers.map((number) => Object.values(DELIVERIES[number]!).join(' '));
    expect(late).toEqual(['PUSH', 'other', 'IN_APP', 'EMAIL'].map((channel) => `${channel} EXPIRED EXPIRED`));
  });

  it('give recipients who fared alike the same entries', () => {
    const first = channels.fare('DISPATCHED', 'MUTED', 'NO_DEVICE');
    expect(channels.fare('DISPATCHED', 'MUTED', 'NO_DEVICE')).toBe(first);
    expect(channels.fare('DISPATCHED', 'DISPATCHED', 'NO_DEVICE')).not.toBe(first);
  });

  it('are all expired for an event that came too late', () => {
    expect(channels.expired.deliveries.map(({ status }) => status)).toEqual(Array(4).fill('EXPIRED'));
    expect(channels.expired).toBe(channels.expired);
  });
});
