/** The operators' endpoint: /metrics for Prometheus, /livez and /readyz for the orchestrator. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { FatalError } from './errors.js';
import type { Readiness } from './readiness.js';

export class HttpEndpoint {
  readonly #server: Server;

  /** `refresh` brings gauges up to date before a scrape. */
  constructor(registry: Registry, readiness: Readiness, refresh: () => void) {
    this.#server = createServer((request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '';
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        answer(response, 405, { error: 'only GET is answered' });
      } else if (path === '/livez') {
        answer(response, 200, { status: 'alive' });
      } else if (path === '/readyz') {
        answerReadiness(response, readiness);
      } else if (path === '/metrics') {
        readiness.reasons();
        refresh();
        void answerMetrics(response, registry);
      } else {
        answer(response, 404, { error: 'not found: /metrics, /livez and /readyz are here' });
      }
    });
  }

  /** Resolves with the bound port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new FatalError(`HTTP_PORT ${port} on ${host} can not be had: ${error.message}`, error)),
      );
      this.#server.listen(port, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function answerReadiness(response: ServerResponse, readiness: Readiness): void {
  const reasons = readiness.reasons();
  if (reasons.size === 0) answer(response, 200, { status: 'ready' });
  else answer(response, 503, { status: 'not ready', reasons: Object.fromEntries(reasons) });
}

async function answerMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const body = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(body);
  } catch (error) {
    answer(response, 500, { error: `the metrics could not be collected: ${String(error)}` });
  }
}
