/** Nothing that the bench started outlives it. */
const ends = new Set<() => void>();
process.once('exit', () => {
  for (const end of ends) end();
});

export function endWithUs(end: () => void): void {
  ends.add(end);
}
