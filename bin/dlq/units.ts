/** Times and sizes for a person. */

const SECOND = 1000;
const UNITS = [
  ['d', 86_400 * SECOND],
  ['h', 3600 * SECOND],
  ['m', 60 * SECOND],
  ['s', SECOND],
] as const;

/** How long ago, in its two largest units: `3d4h`, `12m5s`. */
export function ageText(ms: number): string {
  const first = UNITS.findIndex(([, size]) => ms >= size);
  if (first < 0) return '0s';
  const [unit, size] = UNITS[first]!;
  const [nextUnit, nextSize] = UNITS[first + 1] ?? ['', Infinity];
  const rest = Math.floor((ms % size) / nextSize);
  return `${Math.floor(ms / size)}${unit}${rest > 0 ? `${rest}${nextUnit}` : ''}`;
}

/** A moment in UTC; `none` for a record that has none. */
export function timeText(ms: number): string {
  if (ms < 0) return 'none';
  // Past what a date of JavaScript holds, which any producer may write.
  return ms > 8.64e15 ? `${ms} ms` : new Date(ms).toISOString();
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] = bytes < 1024 * 1024 ? [1024, 'KB'] : [1024 * 1024, 'MB'];
  return `${(bytes / size).toFixed(1)} ${unit}`;
}
