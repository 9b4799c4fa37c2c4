/** How long the requests to the brokers take, and which fail: kafkajs's own and ours, as whoever asks sees it. */
import { ApiKey, type ApiName } from '../protocol/api-keys.js';
import type { Cluster, ConnectionPool } from '../protocol/internals.js';
import { errorType } from '../protocol/protocol-errors.js';

/** A request to a broker is over. `api`: undefined for one that api-keys.ts does not have. */
export type RequestListener = (api: ApiName | undefined, seconds: number, isFailed: boolean) => void;

/** Errors of the group protocol by name only: the group moves; a member that is new is told its id. */
const ANSWERS = new Set<string | undefined>(['REBALANCE_IN_PROGRESS', 'MEMBER_ID_REQUIRED']);

const NAMES = new Map(Object.entries(ApiKey).map(([name, key]) => [key as number, name as ApiName]));

/** The name of a request; undefined for one that api-keys.ts does not have. */
export function apiOf(apiKey: number): ApiName | undefined {
  return NAMES.get(apiKey);
}

/** Tells of each request of the cluster, whichever broker it goes to. */
export function meterRequests({ connectionPoolBuilder }: Cluster, listener: RequestListener): void {
  const build = connectionPoolBuilder.build.bind(connectionPoolBuilder);
  connectionPoolBuilder.build = async (address) => metered(await build(address), listener);
}

function metered(pool: ConnectionPool, listener: RequestListener): ConnectionPool {
  const send = pool.send.bind(pool);
  pool.send = async (request) => {
    const began = performance.now();
    let isFailed = true;
    try {
      const answer = await send(request);
      isFailed = false;
      return answer;
    } catch (error) {
      isFailed = !ANSWERS.has(errorType(error));
      throw error;
    } finally {
      listener(apiOf(request.request.apiKey), (performance.now() - began) / 1000, isFailed);
    }
  };
  return pool;
}
