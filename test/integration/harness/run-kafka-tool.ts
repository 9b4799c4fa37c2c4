/** One of Kafka's own command-line tools, as a process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { fetchArtifacts } from '../../../dev/stack/artifacts.js';
import { findJava } from '../../../dev/stack/java.js';
import { placeOf } from '../../../dev/stack/place.js';

const run = promisify(execFile);
const JVM = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF'];

/** What the tool (a class of org.apache.kafka.tools, or of `kafka`) prints, line by line. Rejects when it fails, or is stopped by the signal. */
export async function runKafkaTool(
  brokers: string,
  name: string,
  args: readonly string[],
  stop?: AbortSignal,
): Promise<string[]> {
  const place = placeOf();
  const { kafka } = await fetchArtifacts(place);
  const tool = [
    '-cp',
    kafka,
    name.startsWith('kafka.') ? name : `org.apache.kafka.tools.${name}`,
    '--bootstrap-server',
    brokers,
  ];
  const { stdout } = await run(await findJava(place.env), [...JVM, ...tool, ...args], {
    timeout: 60_000,
    ...(stop ? { signal: stop } : {}),
  });
  return stdout.split('\n').filter((line) => line.trim() !== '');
}
