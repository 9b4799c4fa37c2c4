/** `emit`: an event for real, and what the workers make of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { rulesWith, shippedText } from '../unit/processors/rules/rules-folder.js';
import { prepareEnvironment, type TestEnvironment } from './harness/environment.js';
import { startWorker } from './harness/worker.js';

let test: TestEnvironment;
const folder = mkdtempSync(join(tmpdir(), 'notification-streams-emit-'));
beforeAll(async () => {
  test = await prepareEnvironment('emit', 2);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly lines: readonly string[];
  readonly code: number | null;
}

async function emit(topic: string, event: object, flags: readonly string[] = [], env = test.env()): Promise<Said> {
  const path = join(folder, 'event.json');
  writeFileSync(path, JSON.stringify(event));
  const args = ['emit', '--topic', topic, '--event', path, ...flags];
  const command = startWorker({ env, args });
  const { code } = await command.exited;
  return { lines: command.lines, code };
}

const ORDER = { eventType: 'PAYMENT_DUE', orderId: 1001, customerId: 5, userId: 9, assignedTo: 42, tenantId: 1 };
const place = (topic: string): unknown =>
  expect.stringMatching(new RegExp(`^sent to ${test.prefix}${topic}-[01]@\\d+$`));

describe('emit', { timeout: 120_000 }, () => {
  it('says that nothing came of it while no worker runs', async () => {
    const { lines, code } = await emit('SALES_EVENT_TOPIC', ORDER, ['--timeout', '1']);
    expect(lines).toEqual([
      place('SALES_EVENT_TOPIC'),
      'nothing came of it in time: no worker has committed anything there. Is a worker running, with this TOPIC_PREFIX and APP_ID?',
    ]);
    expect(code).toBe(1);
  });

  it('shows every output, what was skipped and why, what tells nobody, and a dead letter', async () => {
    await startWorker({ env: test.env('worker', { ROLES: 'stream' }) }).ready();
    const user = { eventType: 'USER_UPDATED', userId: 42, tenantId: 1, email: 'an@example.com' };
    expect(await emit('USER_EVENT_TOPIC', user)).toEqual({
      lines: [place('USER_EVENT_TOPIC'), 'it tells nobody'],
      code: 0,
    });
    const sale = { ...ORDER, eventId: 'order-1001' };
    expect(await emit('SALES_EVENT_TOPIC', sale)).toEqual({
      lines: [
        place('SALES_EVENT_TOPIC'),
        'user 42 (tenant 1)',
        '  IN_APP  DISPATCHED',
        '          Payment due',
        '          Payment due for order #1001',
        '  EMAIL   DISPATCHED',
        '          to an@example.com: Payment due for order #1001',
        '          Payment due for order #1001',
        '  PUSH    NO_DEVICE',
      ],
      code: 0,
    });
    const again = await emit('SALES_EVENT_TOPIC', sale);
    expect(again.lines[1]).toContain('an event of this id was processed before');
    const unknown = await emit('SALES_EVENT_TOPIC', { ...ORDER, eventType: 'ORDER_LOST' });
    expect(unknown).toEqual({ lines: [place('SALES_EVENT_TOPIC'), 'skipped, unknown-type'], code: 0 });
    const bad = await emit('SALES_EVENT_TOPIC', { ...ORDER, assignedTo: 0 }, ['--key', 'bad']);
    expect(bad).toEqual({
      lines: [place('SALES_EVENT_TOPIC'), "dead letter, invalid-event: a recipient's id is 0; expected a positive id"],
      code: 1,
    });
  });

  it('sends nothing that is no event of the topic, or for a schema that is not registered', async () => {
    const wrong = await emit('SALES_EVENT_TOPIC', { ...ORDER, orderId: 'seven' });
    expect(wrong.lines.join('\n')).toMatch(/event\.json: \/orderId is a text; expected an int64/);
    expect(wrong.code).toBe(2);
    const bare = await prepareEnvironment('emit-bare', 1, { schemas: true });
    const refused = await emit('SALES_EVENT_TOPIC', ORDER, [], bare.env());
    expect(refused.lines.join('\n')).toMatch(
      /the subject .*SALES_EVENT_TOPIC-value does not hold SalesEvent .*run `notification-streams schemas register`/,
    );
    expect(refused.code).toBe(1);
  });

  it('sends to a topic of JSON whatever it is given, and shows the dead letter of what does not fit', async () => {
    const sales = shippedText('sources/sales.yaml');
    const rules = rulesWith({ 'sources/sales.yaml': `${sales}\nformat: json\n` });
    const json = await prepareEnvironment('emit-json', 1);
    const env = json.env('worker', { ROLES: 'stream', RULES_DIR: rules });
    await startWorker({ env }).ready();
    const sound = await emit('SALES_EVENT_TOPIC', { ...ORDER, eventType: 'ORDER_CREATED' }, [], env);
    expect(sound.lines.slice(1)).toEqual([
      'user 42 (tenant 1)',
      '  IN_APP  DISPATCHED',
      '          Order created',
      '          New order #1001 created',
    ]);
    const bad = await emit('SALES_EVENT_TOPIC', { ...ORDER, orderId: 'seven' }, [], env);
    expect(bad.lines[1]).toMatch(/^dead letter, undecodable: .*\/orderId is a text; expected an int64/);
    expect(bad.code).toBe(1);
  });
});
