/** What is said of several rounds. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined of nothing. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** The median, and the range in brackets. */
export function spread(figure: Spread | undefined, digits = 0): string {
  if (!figure) return '-';
  if (figure.min === figure.max) return decimal(figure.median, digits);
  return `${decimal(figure.median, digits)} (${decimal(figure.min, digits)}–${decimal(figure.max, digits)})`;
}

export function decimal(number: number, digits = 0): string {
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** In the order of a round: each begins with another one. */
export function rotated<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** How many times `b` goes into `a`, by their medians; 'inconclusive' when their ranges overlap. */
export function ratio(a: Spread, b: Spread): number | 'inconclusive' {
  return a.min <= b.max && b.min <= a.max ? 'inconclusive' : a.median / b.median;
}

/** The value below which this share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)]!;
}
