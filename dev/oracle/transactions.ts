/** Transactions as the Java admin client sees them. */
import { askOracle, type OracleOptions } from './run-oracle.js';

/** The state of each transactional id with the prefix: CompleteCommit, Ongoing, ... */
export async function transactionStates(
  options: OracleOptions & { readonly prefix: string },
): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  const onLine = (line: string): void => {
    const { id, state } = JSON.parse(line) as { id: string; state: string };
    states.set(id, state);
  };
  await askOracle(options, { about: 'transactions', names: [options.prefix], onLine });
  return states;
}
