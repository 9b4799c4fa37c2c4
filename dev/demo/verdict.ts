/** Whether a run adds up: the ledger's differences, and what else was wrong, in words. */
import type { Difference, Ledger } from '../simulators/ledger.js';
import { OUTPUTS } from '../contract/expected-outputs.js';

const EXAMPLES = 5;

/** One line for each thing that is not as it should be; none when everything adds up. */
export function faultsOf(ledger: Ledger): string[] {
  const differences = ledger.differences();
  return OUTPUTS.flatMap((output) => {
    const found = differences.filter((difference) => difference.output === output);
    return [
      ...described(
        `${output}: expected and not seen`,
        found.filter(({ surplus }) => surplus < 0),
      ),
      ...described(
        `${output}: seen and not expected`,
        found.filter(({ surplus }) => surplus > 0),
      ),
    ];
  });
}

function described(what: string, differences: readonly Difference[]): string[] {
  if (differences.length === 0) return [];
  const count = differences.reduce((sum, { surplus }) => sum + Math.abs(surplus), 0);
  const examples = differences.slice(0, EXAMPLES).map(({ identity }) => `    ${identity}`);
  const more = differences.length > EXAMPLES ? [`    and ${differences.length - EXAMPLES} more`] : [];
  return [`${what}: ${count}`, ...examples, ...more];
}
