import { describe, expect, it } from 'vitest';
import { LosslessNumber } from 'lossless-json';
import { rulesIn } from '../../../../../processors/rules/shipped.js';
import { HR_FILES, rulesWith } from '../../../processors/rules/rules-folder.js';
import { Mask, Masked } from '../../../../../topology/operations/dead-letters/mask.js';
import { request, sales, task, user } from '../../../../contract/events.js';
import { hrEvent } from '../../../../hr-source.js';

const maskOf = (topic: string, rules = rulesIn(undefined)): Mask =>
  new Mask(rules.sources.find((one) => one.topic === topic));
const text = (length: number) => new Masked('text', length);
const number = new Masked('number');

describe('what is shown of an event without --payload', () => {
  it("is what the source's rules say is its key, who is told, and what it is about; times; nothing else", () => {
    expect(maskOf('TASK_EVENT_TOPIC').event({ ...task(), deadlineMs: 5n })).toEqual({
      eventId: 'task-1',
      eventType: 'TASK_ASSIGNED',
      timestamp: 1_700_000_000_000n,
      taskId: 501n,
      taskTitle: text(15),
      userId: number,
      assignedTo: 7n,
      assignedBy: number,
      tenantId: 1n,
      priority: 'LOW',
      deadlineMs: 5n,
    });
  });

  it('is no name, address, token or text of a user or a request', () => {
    const masked = maskOf('USER_EVENT_TOPIC').event({ ...user() });
    expect(masked).toMatchObject({ userId: 7n, email: text(16), fullName: text(9), deviceTokens: [text(5), text(6)] });
    const asked = request({ title: 'Hello', metadata: { 'an@example.com': 'x' } });
    expect(maskOf('NOTIFICATION_REQUEST_TOPIC').event({ ...asked })).toMatchObject({
      title: text(5),
      message: text(asked.message.length),
      metadata: { '(name 1)': text(1) },
      channels: asked.channels,
      type: asked.type,
    });
  });

  it('is an enum by its schema, in a source that the contract does not have', () => {
    const mask = maskOf('HR_EVENT_TOPIC', rulesIn(rulesWith(HR_FILES)));
    expect(mask.event({ ...hrEvent, note: 'ill', contract: 'FIXED_TERM' })).toMatchObject({
      contract: 'FIXED_TERM',
      employee: 7n,
      note: text(3),
    });
    expect(mask.event({ contract: 'Linh Tran' })).toEqual({ contract: text(9) });
  });

  it('is no sentence and no address where an id should be', () => {
    expect(maskOf('TASK_EVENT_TOPIC').event({ eventId: 'linh@example.com', priority: 'call Linh' })).toEqual({
      eventId: text(16),
      priority: text(9),
    });
  });

  it('is nothing that no schema has, and no name that is data', () => {
    const strange = { salary: new LosslessNumber('5'), ok: true, no: null, 'Linh Tran': 'x', deep: { eventId: 'y' } };
    expect(maskOf('SALES_EVENT_TOPIC').event({ ...strange, amount: sales().amount })).toEqual({
      ...{ salary: number, ok: true, no: null, '(name 4)': text(1), deep: { '(name 1)': text(1) }, amount: null },
    });
    expect(new Mask(undefined).event({ eventId: 'e' })).toEqual({ eventId: text(1) });
  });
});

describe('the names of an event without --payload', () => {
  it("are those of the schema's records: below what only the writer's schema has, they may be data", () => {
    const labels = { 'Jane.Doe': 'x', jane_phone: 1n, list: [{ jane: 1n }] };
    const masked = { '(name 1)': text(1), '(name 2)': number, '(name 3)': [{ '(name 1)': number }] };
    expect(maskOf('TASK_EVENT_TOPIC').event({ labels })).toEqual({ labels: masked });
    expect(new Mask(undefined).event({ labels })).toEqual({ labels: masked });
  });

  it('are masked in a path as well', () => {
    const event = { tenantId: 1n, metadata: { a: 'x', jane: 'y' }, channels: ['EMAIL'] };
    const shown = (...path: string[]): string[] => maskOf('NOTIFICATION_REQUEST_TOPIC').path(path, event);
    expect(shown('tenantId')).toEqual(['tenantId']);
    expect(shown('metadata', 'jane')).toEqual(['metadata', '(name 2)']);
    expect(shown('metadata', 'gone')).toEqual(['metadata', '(name)']);
    expect(shown('channels', '1')).toEqual(['channels', '1']);
    expect(shown('metadata', '*')).toEqual(['metadata', '*']);
    expect(shown('\u001b]0;x\u0007')).toEqual(['(name)']);
  });
});

describe('a key', () => {
  const mask = maskOf('USER_EVENT_TOPIC');
  it.each([
    ['user-1', true],
    ['1|7', true],
    ['linh@example.com', false],
    ['1|8', false],
    ['|', false],
  ])('%s is shown: %s', (key, isShown) => {
    const shown = mask.key(Buffer.from(key), { ...user() });
    expect(shown).toEqual(isShown ? Buffer.from(key) : new Masked('bytes', key.length));
  });

  it('of a value that cannot be read is masked', () => {
    expect(mask.key(Buffer.from('user-1'), null)).toEqual(new Masked('bytes', 6));
    expect(mask.key(null, null)).toBeNull();
  });
});

it('a mask is an object in JSON', () => {
  expect(JSON.stringify([text(3), number])).toBe('[{"masked":"text","length":3},{"masked":"number"}]');
});
