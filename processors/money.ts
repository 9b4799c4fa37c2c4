/** Money as the messages write it: `$12,500`, `$12,500.50`; in another language and currency as is usual there. */
import { remembered } from './remembered.js';

/** An amount; decimal text for one that no number holds. */
export type Amount = number | bigint | string;

const REMEMBERED = 300;
const KNOWN = new Set(Intl.supportedValuesOf('currency'));
/** What amounts are in whose event names no currency. */
const DEFAULT_CURRENCY = 'USD';
const HAS_FRACTION = /\.\d*[1-9]/;

const formatter = remembered(REMEMBERED, (key) => {
  const [locale, currency, digits] = key.split(' ') as [string, string, string];
  const unit = currency === '' ? {} : ({ style: 'currency', currency } as const);
  // No `-$0`: neither for -0 nor for what rounds to it.
  return new Intl.NumberFormat(locale, { ...unit, ...fractionDigits(digits), signDisplay: 'negative' });
});

function fractionDigits(digits: string): Intl.NumberFormatOptions {
  return digits === '' ? {} : { minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) };
}

/**
 * No decimals when the amount is whole, those of its currency when not. Dollars where no currency is given. A code that
 * names none goes behind the number. Nothing for what is no amount.
 */
export function money(amount: Amount, currency: string | null, locale: string): string {
  if (!Number.isFinite(Number(amount)) || amount === '') return '';
  const code = currency === null || currency.trim() === '' ? DEFAULT_CURRENCY : currency.trim().toUpperCase();
  // A bigint is no other type to Intl than a text of its digits; TypeScript takes only digits for a text.
  const value = amount as number;
  if (KNOWN.has(code)) return formatter(`${locale} ${code} ${isWhole(amount) ? '0' : ''}`).format(value);
  return `${formatter(`${locale}  `).format(value)} ${currency!.trim()}`;
}

function isWhole(amount: Amount): boolean {
  if (typeof amount === 'bigint') return true;
  return typeof amount === 'string' && !/e/i.test(amount)
    ? !HAS_FRACTION.test(amount)
    : Number.isInteger(Number(amount));
}
