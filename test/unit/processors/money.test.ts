import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money, type Amount } from '../../../processors/money.js';

/** The contract's: en-US grouping, no decimals when whole, two when not. */
function dollars(amount: number): string {
  const fractionDigits = Number.isInteger(amount) ? 0 : 2;
  const digits = { minimumFractionDigits: fractionDigits, maximumFractionDigits: fractionDigits };
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    signDisplay: 'negative',
    ...digits,
  }).format(amount);
}

/** Intl puts spaces that do not break. */
const spaced = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('money', () => {
  it.each<[Amount, string | null, string, string]>([
    [12500, null, 'en', '$12,500'],
    [12500.5, '', 'en', '$12,500.50'],
    ['12500.50', ' ', 'en', '$12,500.50'],
    ['12500.00', null, 'en', '$12,500'],
    ['1e3', null, 'en', '$1,000'],
    [12500, null, 'vi', '12.500 US$'],
    [12500, 'VND', 'vi', '12.500 ₫'],
    [12500.5, 'eur', 'en', '€12,500.50'],
    [-3, 'EUR', 'de', '-3 €'],
    [12.5, 'JPY', 'en', '¥13'],
    [2n ** 63n - 1n, 'USD', 'en', '$9,223,372,036,854,775,807'],
    ['12345678901234567890.25', 'USD', 'en', '$12,345,678,901,234,567,890.25'],
    [12500.5, 'ABC', 'en', '12,500.5 ABC'],
    [12500, 'dong', 'vi', '12.500 dong'],
    [Number.NaN, null, 'en', ''],
    ['', null, 'en', ''],
    ['much', 'EUR', 'en', ''],
  ])('of %s in %j is in %s: %s', (amount, currency, locale, text) => {
    expect(spaced(money(amount, currency, locale))).toBe(text);
  });

  it('without a currency is in English what the contract writes, as a number and as its text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (amount) => {
        expect(money(amount, null, 'en')).toBe(dollars(amount));
        expect(money(String(amount), null, 'en')).toBe(dollars(amount));
      }),
    );
  });
});
