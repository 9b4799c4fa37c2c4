import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutageError } from '../../../../../common/errors.js';
import type { Token } from '../../../../../topology/kafka/cluster/token-sources.js';
import { Tokens } from '../../../../../topology/kafka/cluster/tokens.js';

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** Gives t1, t2, ...; fails while it is out. */
class Source {
  given = 0;
  asked = 0;
  isOut = false;
  lifeMs: number | undefined = HOUR_MS;
  readonly ask = (): Promise<Token> => {
    this.asked += 1;
    if (this.isOut)
      return Promise.reject(new OutageError('the endpoint is away', undefined, { code: 'token-unreachable' }));
    this.given += 1;
    const endsAt = this.lifeMs === undefined ? undefined : Date.now() + this.lifeMs;
    return Promise.resolve({ value: `t${this.given}`, endsAt });
  };
}

describe('a token', () => {
  it('is asked for once by all connections that come together, and kept', async () => {
    const source = new Source();
    const tokens = new Tokens(source.ask);
    expect(await Promise.all([tokens.current(), tokens.current(), tokens.current()])).toEqual(['t1', 't1', 't1']);
    expect(await tokens.current()).toBe('t1');
  });

  it('is renewed at four fifths of its life, before anybody needs it', async () => {
    const source = new Source();
    const tokens = new Tokens(source.ask);
    await tokens.current();
    await vi.advanceTimersByTimeAsync(0.79 * HOUR_MS);
    expect(source.given).toBe(1);
    await vi.advanceTimersByTimeAsync(0.02 * HOUR_MS);
    expect(source.given).toBe(2);
    expect(await tokens.current()).toBe('t2');
  });

  it('is used to its end while no other can be had, which is said; then connections wait', async () => {
    const source = new Source();
    const tokens = new Tokens(source.ask);
    await tokens.current();
    source.isOut = true;
    await vi.advanceTimersByTimeAsync(0.99 * HOUR_MS);
    expect(await tokens.current()).toBe('t1');
    expect(tokens.fault).toBe('the endpoint is away');
    await vi.advanceTimersByTimeAsync(0.01 * HOUR_MS);
    await expect(tokens.current()).rejects.toThrow(OutageError);
    source.isOut = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(await tokens.current()).toBe('t2');
    expect(tokens.fault).toBeUndefined();
  });

  it('that cannot be had is asked for once a second, however many connections want it', async () => {
    const source = new Source();
    source.isOut = true;
    const tokens = new Tokens(source.ask);
    for (let tries = 0; tries < 20; tries += 1) {
      await expect(tokens.current()).rejects.toThrow('the endpoint is away');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(source.asked).toBe(2);
  });

  it('of which nobody says when it ends is asked for again within a minute; one that is refused, after ten seconds', async () => {
    const source = new Source();
    source.lifeMs = undefined;
    const tokens = new Tokens(source.ask);
    await tokens.current();
    await vi.advanceTimersByTimeAsync(49_000);
    expect(await tokens.current()).toBe('t2');
    tokens.forget();
    expect(await tokens.current()).toBe('t2');
    await vi.advanceTimersByTimeAsync(10_000);
    tokens.forget();
    expect(await tokens.current()).toBe('t3');
  });

  it.each([
    [-5000, 'has ended already, 5 s ago: is the clock right?'],
    [0, 'has ended already, 0 s ago: is the clock right?'],
    [900, 'ends in less than a second: is the clock right?'],
  ])(
    'that ends %i ms after it is given is none: connections wait, and it is asked for when they want one',
    async (lifeMs, why) => {
      const source = new Source();
      source.lifeMs = lifeMs;
      const tokens = new Tokens(source.ask);
      const asked = tokens.current();
      await expect(asked).rejects.toThrow(OutageError);
      await expect(asked).rejects.toMatchObject({ reason: { code: 'token-unreachable' } });
      expect(tokens.fault).toContain(why);
      await vi.advanceTimersByTimeAsync(3000);
      expect(source.asked).toBe(1);
      source.lifeMs = HOUR_MS;
      expect(await tokens.current()).toBe('t2');
      expect(tokens.fault).toBeUndefined();
    },
  );

  it('that has ended already takes the place of none that is good', async () => {
    const source = new Source();
    const tokens = new Tokens(source.ask);
    await tokens.current();
    source.lifeMs = -1000;
    await vi.advanceTimersByTimeAsync(0.9 * HOUR_MS);
    expect(await tokens.current()).toBe('t1');
    expect(tokens.fault).toContain('has ended already');
  });

  it('that is short-lived is renewed once a second at most', async () => {
    const source = new Source();
    source.lifeMs = 1010;
    const tokens = new Tokens(source.ask);
    await tokens.current();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(source.asked).toBe(11);
  });
});
