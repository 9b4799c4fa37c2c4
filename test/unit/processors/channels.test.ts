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

  it('have their names cut at 64 characters, never through a pair of surrogates', () => {
    expect(namedChannels(['x'.repeat(65)])).toEqual(['x'.repeat(64)]);
    expect(namedChannels([`${'x'.repeat(63)}🎉`])).toEqual(['x'.repeat(63)]);
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
