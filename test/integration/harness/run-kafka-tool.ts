/** One of Kafka's own command-line tools, as a process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { fetchArtifacts } from '../../../dev/stack/artifacts.js';
import { findJava } from '../../../dev/stack/java.js';
import { placeOf } from '../../../dev/stack/place.js';

const run = promisify(execFile);
const JVM = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF'];

/** What stands before a tool's arguments: Java, its own, and the tool (a class of org.apache.kafka.tools, or of `kafka`). */
export async function kafkaToolCommand(name: string): Promise<readonly [string, ...string[]]> {
  const place = placeOf();
  const { kafka } = await fetchArtifacts(place);
  const tool = name.startsWith('kafka.') ? name : `org.apache.kafka.tools.${name}`;
  return [await findJava(place.env), ...JVM, '-cp', kafka, tool];
}

/** What the tool prints, line by line. Rejects when it fails, or is stopped by the signal. */
export async function runKafkaTool(
  brokers: string,
  name: string,
  args: readonly string[],
  stop?: AbortSignal,
): Promise<string[]> {
  const [java, ...tool] = await kafkaToolCommand(name);
  const { stdout } = await run(java, [...tool, '--bootstrap-server', brokers, ...args], {
    timeout: 60_000,
    ...(stop ? { signal: stop } : {}),
  });
  return stdout.split('\n').filter((line) => line.trim() !== '');
}
