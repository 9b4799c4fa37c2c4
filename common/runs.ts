/** Runs of neighbours among whole numbers. */

/** Each number once, the smallest first. */
export function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** First and last of each run, in the order in which the numbers are given. */
export function runsOf(numbers: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const before = runs.at(-1);
    if (before?.[1] === number - 1) before[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** `5-9,12`. */
export function runText(numbers: readonly number[]): string {
  return runsOf(numbers)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(',');
}
