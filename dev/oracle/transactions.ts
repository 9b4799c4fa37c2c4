/** Transactions as the Java admin client sees them. */
import { until } from '../stack/until.js';
import { askOracle, type OracleOptions } from './run-oracle.js';

type Prefixed = OracleOptions & { readonly prefix: string };

/** A broker answers EndTxn when the outcome is decided: the markers, by which readers know it, come a moment later. */
const MARKERS_MS = 10_000;

/** The state of each transactional id with the prefix, once no marker is on its way any more: CompleteCommit, Ongoing, ... */
export async function transactionStates(options: Prefixed): Promise<Map<string, string>> {
  let states = new Map<string, string>();
  const areSettled = async (): Promise<boolean> => {
    states = await statesNow(options);
    return [...states.values()].every((state) => !state.startsWith('Prepare'));
  };
  await until(areSettled, Date.now() + MARKERS_MS);
  return states;
}

async function statesNow(options: Prefixed): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  const onLine = (line: string): void => {
    const { id, state } = JSON.parse(line) as { id: string; state: string };
    states.set(id, state);
  };
  await askOracle(options, { about: 'transactions', names: [options.prefix], onLine });
  return states;
}
