import { describe, expect, it } from 'vitest';
import { ChannelSet } from '../../../processors/channel-set.js';

describe('the channels of an event', () => {
  const channels = new ChannelSet(['PUSH', 'FAX', 'IN_APP', 'EMAIL', 'PUSH']);
  const deliveries = (...fares: Parameters<ChannelSet['deliveries']>): string[] =>
    channels.deliveries(...fares).map(({ channel, status, reason }) => `${channel} ${reason ?? status}`);

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

  it('give recipients who fared alike the same entries', () => {
    const first = channels.deliveries('DISPATCHED', 'MUTED', 'NO_DEVICE');
    expect(channels.deliveries('DISPATCHED', 'MUTED', 'NO_DEVICE')).toBe(first);
    expect(channels.deliveries('DISPATCHED', 'DISPATCHED', 'NO_DEVICE')).not.toBe(first);
  });

  it('are all expired for an event that came too late', () => {
    expect(channels.expiredDeliveries.map(({ status }) => status)).toEqual(Array(4).fill('EXPIRED'));
    expect(channels.expiredDeliveries).toBe(channels.expiredDeliveries);
  });
});
