/** What an error that lists every fault says. */
import { ConfigError } from '../../common/errors.js';
import type { TopologyError } from '../../topology/graph/topology.js';

/** The faults of the error of this kind that `act` throws; none when it throws nothing. */
export function faultsOf(
  act: () => unknown,
  kind: new (...args: never[]) => ConfigError | TopologyError = ConfigError,
): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof kind) return error.faults;
    throw error;
  }
  return [];
}
