import { describe, expect, it } from 'vitest';
import { delivery, expired, namedChannels, unknownChannel } from '../../../processors/channels.js';

describe('the channels of a request', () => {
  it('are IN_APP when none is named', () => {
    expect(namedChannels([])).toEqual(['IN_APP']);
  });

  it('keep their order and count once', () => {
    expect(namedChannels(['PUSH', 'EMAIL', 'PUSH', 'FAX'])).toEqual(['PUSH', 'EMAIL', 'FAX']);
    const many = Array.from({ length: 5000 }, (_, i) => `C${i % 2500}`);
    expect(namedChannels(many)).toEqual(many.slice(0, 2500));
  });

  it('keep their names whole', () => {
    const long = `${'x'.repeat(63)}🎉`;
    expect(namedChannels([long, `${long}y`, long])).toEqual([long, `${long}y`]);
  });
});

describe('a delivery entry', () => {
  it('says what became of the notification on the channel', () => {
    expect(delivery('EMAIL', 'DISPATCHED')).toEqual({ channel: 'EMAIL', status: 'DISPATCHED', reason: null });
    expect(delivery('PUSH', 'NO_DEVICE')).toEqual({ channel: 'PUSH', status: 'SKIPPED', reason: 'NO_DEVICE' });
    expect(unknownChannel('FAX')).toEqual({ channel: 'FAX', status: 'SKIPPED', reason: 'UNKNOWN_CHANNEL' });
    expect(expired('FAX')).toEqual({ channel: 'FAX', status: 'EXPIRED', reason: 'EXPIRED' });
  });
});
