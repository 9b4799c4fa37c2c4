/** Money as the messages write it: `$12,500`, `$12,500.50`. */

const dollarsWith = (fractionDigits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
    // No `-$0`: neither for -0 nor for what rounds to it.
    signDisplay: 'negative',
  });

// Making a formatter costs a hundred times what using it does.
const whole = dollarsWith(0);
const cents = dollarsWith(2);

/** A dollar sign, en-US grouping; no decimals when the value is whole, two when not. The value must be finite. */
export function dollars(value: number): string {
  return (Number.isInteger(value) ? whole : cents).format(value);
}
