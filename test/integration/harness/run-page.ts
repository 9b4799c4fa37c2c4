/**
 * Pages of the documents as a script: their `sh` blocks, in order, in one shell that ends at the first command that fails.
 * Blocks of `sh setup` are there to be read: what they set, is set here. Those of `sh later` are run elsewhere, as their page says.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../../../common/project-root.js';
import { freePort } from '../../../dev/stack/free-port.js';
import { blocksOf } from '../../unit/docs/guide.js';
import { readDocument } from '../../unit/docs/markdown.js';
import { guardProcess } from './guard.js';
import { kafkaToolCommand } from './run-kafka-tool.js';
import { testStack } from './test-stack.js';
import { uniquePrefix } from './unique-prefix.js';

/** Kafka's tools as its distributions name them, and their classes. */
const KAFKA_TOOLS: Readonly<Record<string, string>> = {
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-consumer-groups': 'consumer.group.ConsumerGroupCommand',
  'kafka-topics': 'TopicCommand',
};

/** The ports of the pages, by the names of their variables. */
const PORTS = ['one', 'two', 'board'];

/** For a hanging command, which would keep to itself what it has printed. */
const DEADLINE_MS = 280_000;

/** A page, and the heading at which its run ends. */
export interface Page {
  readonly path: string;
  readonly upTo?: string;
}

/** Rejects with what was printed when a command fails; what the pages left running is ended in any case. */
export async function runPages(pages: readonly Page[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-page-'));
  const script = join(folder, 'script');
  writeFileSync(script, pages.map(scriptOf).join('\n'));
  mkdirSync(join(folder, 'work'));
  const child = spawn('bash', ['-euo', 'pipefail', script], {
    cwd: join(folder, 'work'),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: await environmentIn(folder),
  });
  // It leads a group of processes, which holds all that it starts.
  const group = -child.pid!;
  guardProcess(group);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  const deadline = setTimeout(() => endGroup(group), DEADLINE_MS);
  const code = await ended;
  clearTimeout(deadline);
  endGroup(group);
  const [output, steps] = await printed;
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`the script ended with ${code ?? 'its deadline'}:\n${output}\n${steps}`);
}

/** What the pages take to be set: the stack, ports that are free, a clone; and the commands. */
async function environmentIn(folder: string): Promise<Record<string, string>> {
  const { kafkaBrokers, schemaRegistryUrl } = testStack();
  // Minutes may pass before a page listens there: no client's connection may be given one of them until then.
  const taken = new Set<number>();
  const ports = PORTS.map(async (name): Promise<[string, string]> => [name, String(await freePort(taken))]);
  return {
    PATH: [await commandsIn(join(folder, 'bin')), process.env['PATH']].join(delimiter),
    HOME: folder,
    checkout: projectRoot(),
    KAFKA_BROKERS: kafkaBrokers,
    SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    TOPIC_PREFIX: uniquePrefix('page'),
    ...Object.fromEntries(await Promise.all(ports)),
  };
}

/** Each block says on standard error where it is from, so that a failure names its line, and what it took. */
function scriptOf({ path, upTo }: Page): string {
  const end = upTo === undefined ? Infinity : readDocument(path).split('\n').indexOf(upTo);
  if (end < 0) throw new Error(`${path} has no heading "${upTo}"`);
  const blocks = blocksOf(path).filter(({ language, info, line }) => language === 'sh' && info === '' && line <= end);
  if (blocks.length === 0) throw new Error(`${path} has no block of sh`);
  return blocks.map(({ text: code, line }) => `echo "== ${path}:${line} ($SECONDS s)" >&2\n${code}`).join('\n');
}

/** A folder for PATH, with our own command line as it was built, and Kafka's tools. */
async function commandsIn(folder: string): Promise<string> {
  mkdirSync(folder);
  const own = [process.execPath, join(projectRoot(), 'dist', 'bin', 'notification-streams.js')];
  const tools = Object.entries(KAFKA_TOOLS).map(async ([name, tool]) => [name, await kafkaToolCommand(tool)] as const);
  for (const [name, command] of [['notification-streams', own] as const, ...(await Promise.all(tools))]) {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
  }
  return folder;
}

function endGroup(group: number): void {
  try {
    process.kill(group, 'SIGKILL');
  } catch (error) {
    // The page has ended all that it started.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
