/** A move from Avro to JSON: each source's topic carries both, and each event has its outputs once, whatever it came as. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stringify } from 'lossless-json';
import { expect, it } from 'vitest';
import { SHIPPED_RULES } from '../../processors/rules/shipped.js';
import type { ContractEvent } from '../../schemas/codecs.js';
import { rulesWith, shippedText } from '../unit/processors/rules/rules-folder.js';
import { prepareEnvironment } from './harness/environment.js';
import { differences } from './harness/outcome.js';
import { processUnderAKill } from './harness/under-a-kill.js';
import { makeWorkload, type Sent, type Workload } from './harness/workload.js';

const EVENTS = 100_000;
const CUT_OFF = 100;

it(
  `makes each output of ${EVENTS} events, half Avro and half JSON from Go, exactly once under a kill`,
  { timeout: 240_000 },
  async () => {
    const test = await prepareEnvironment('mixed', 4);
    const avro = makeWorkload({ seed: 23, events: EVENTS, ids: test.ids });
    const users = await halfFromGo(avro.users);
    const workload = withCutOff({ ...avro, users, events: await halfFromGo(avro.events) });
    expect(workload.events.filter(isJson).length).toBeGreaterThan(EVENTS * 0.45);
    expect(sentInBoth(workload.events)).toBeGreaterThan(1000);

    const RULES_DIR = rulesWith(inBothFormats());
    const { left, survivors } = await processUnderAKill(test, workload, { RULES_DIR });
    expect(left).toBeGreaterThan(0);
    expect(await differences(test.prefix, workload)).toEqual([]);
    for (const worker of survivors) expect((await worker.stop()).code).toBe(0);
  },
);

/** The shipped sources, by their files. */
function inBothFormats(): Record<string, string> {
  const names = readdirSync(join(SHIPPED_RULES, 'sources')).map((file) => `sources/${file}`);
  return Object.fromEntries(names.map((name) => [name, `${shippedText(name)}\nformat: avro-or-json\n`]));
}

/** Every second one that says something as a Go service writes it; a repeat is another record, so maybe in another format. */
async function halfFromGo(all: readonly Sent[]): Promise<Sent[]> {
  const chosen = all.filter((sent, at) => at % 2 === 1 && sent.source !== undefined);
  const values = await writtenByGo(chosen.map(({ source }) => source!));
  let at = 0;
  return all.map((sent, index) =>
    index % 2 === 1 && sent.source !== undefined
      ? { ...sent, message: { ...sent.message, value: values[at++]! } }
      : sent,
  );
}

async function writtenByGo(events: readonly ContractEvent[]): Promise<Buffer[]> {
  const go = spawn('go', ['run', join(import.meta.dirname, 'go-producer', 'main.go'), 'stdin'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  go.stdin.end(events.map((event) => `${lineOf(event)}\n`).join(''));
  const lines = (await text(go.stdout)).trimEnd().split('\n');
  expect(lines.length).toBe(events.length);
  return lines.map((line) => Buffer.from(line.slice(line.indexOf('\t') + 1)));
}

/** As its struct has it: a task's user is written in quotes. */
function lineOf({ topic, event }: ContractEvent): string {
  return `${topic}\t${stringify(topic === 'TASK_EVENT_TOPIC' ? { ...event, userId: String(event.userId) } : event)}`;
}

/** With some more JSON that ends too early. */
function withCutOff(workload: Workload): Workload {
  const cutOff = workload.events
    .filter((sent) => isJson(sent))
    .slice(0, CUT_OFF)
    .map(({ topic, message }, at): Sent => {
      const key = `cut-off-${at}`;
      return { topic, message: { key, value: message.value!.slice(0, -1), headers: { 'trace-id': key } } };
    });
  return { ...workload, events: [...workload.events, ...cutOff], poison: [...workload.poison, ...cutOff] };
}

function isJson({ message: { value } }: Sent): boolean {
  return value?.[0] === '{'.charCodeAt(0);
}

/** Event ids that came as both. */
function sentInBoth(events: readonly Sent[]): number {
  const ids = (inJson: boolean): Set<unknown> =>
    new Set(events.filter((sent) => sent.source && isJson(sent) === inJson).map(({ message }) => message.key));
  const json = ids(true);
  return [...ids(false)].filter((id) => json.has(id)).length;
}
