/** The registry of the stack: Apicurio, spoken to through its Confluent-compatible interface. */
import { join } from 'node:path';

import type { Layout } from './layout.js';
import type { MemberSpec } from './member.js';

export const REGISTRY = 'registry';

export function registryUrl(layout: Layout): string {
  return `http://127.0.0.1:${layout.registryPort}/apis/ccompat/v7`;
}

/**
 * How to start the registry, and how to see that it serves. Schemas are kept in a file, written through at once
 * (WRITE_DELAY=0), so that ids survive even a SIGKILL.
 */
export function registrySpec(root: string, layout: Layout): MemberSpec {
  const folder = join(root, REGISTRY);
  const database = `jdbc:h2:file:${join(folder, 'registry')};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`;
  return {
    name: REGISTRY,
    address: registryUrl(layout),
    folder,
    logFiles: [],
    args: (artifacts) => [
      ...['-Xms32m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'],
      ...['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${layout.registryPort}`],
      ...['-Dquarkus.http.access-log.enabled=false', '-Dapicurio.ccompat.max-subjects=100000'],
      // Version 2 knows the same settings by Quarkus' names.
      ...databaseSettings(artifacts.registryVersion.startsWith('2.') ? 'quarkus' : 'apicurio', database),
      ...['-jar', artifacts.registry],
    ],
    answers: () => serves(layout),
  };
}

function databaseSettings(by: 'quarkus' | 'apicurio', database: string): string[] {
  return [
    `-D${by}.datasource.${by === 'quarkus' ? 'jdbc.' : ''}url=${database}`,
    ...['initial', 'min'].map((bound) => `-D${by}.datasource.jdbc.${bound}-size=2`),
    `-D${by}.datasource.jdbc.max-size=20`,
  ];
}

async function serves(layout: Layout): Promise<boolean> {
  try {
    const reply = await fetch(`${registryUrl(layout)}/subjects`, { signal: AbortSignal.timeout(2_000) });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    // Not listening yet, or gone: both mean no.
    return false;
  }
}
