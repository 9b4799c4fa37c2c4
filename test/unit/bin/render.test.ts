import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rulesWith } from '../processors/rules/rules-folder.js';
import { runCommand } from './run-command.js';

let folder: string;
const warned: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notification-streams-event-'));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => warned.push(String(text)) > 0);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  warned.length = 0;
});

async function render(event: object | string, ...flags: readonly string[]): Promise<string[]> {
  const path = join(folder, 'event.json');
  writeFileSync(path, typeof event === 'string' ? event : JSON.stringify(event));
  const { lines } = await runCommand('render', '--event', path, '--topic', 'TASK_EVENT_TOPIC', ...flags);
  return lines;
}

const OVERDUE = { eventType: 'TASK_OVERDUE', taskTitle: 'Fix <login>', assignedTo: 42 };

describe('render', () => {
  it('shows what the recipient reads on each channel', async () => {
    expect(await render(OVERDUE)).toEqual([
      'user 42 (tenant 1)',
      '  IN_APP  DISPATCHED',
      '          Task overdue',
      "          Task 'Fix <login>' is overdue!",
      '  EMAIL   DISPATCHED',
      "          to user-42@example.com: Task 'Fix <login>' is overdue!",
      "          Task 'Fix <login>' is overdue!",
      '  PUSH    DISPATCHED',
      '          Task overdue',
      "          Task 'Fix <login>' is overdue!",
    ]);
  });

  it('shows one channel, in a language, and says when workers would not write that', async () => {
    const push = ['--locale', 'vi-VN', '--channel', 'push'];
    const vietnamese = [
      'user 42 (tenant 1)',
      '  PUSH    DISPATCHED',
      '          Công việc quá hạn',
      "          Công việc 'Fix <login>' đã quá hạn!",
    ];
    expect(await render(OVERDUE, ...push)).toEqual(vietnamese);
    expect(warned).toEqual(['(shown in vi; workers write en for vi-VN: LOCALES is en)\n']);
    vi.stubEnv('LOCALES', 'en,vi');
    expect(await render(OVERDUE, ...push)).toEqual(vietnamese);
    expect(warned).toHaveLength(1);
  });

  it('shows times where the recipient is', async () => {
    vi.stubEnv(
      'RULES_DIR',
      rulesWith({
        'texts/vi.yaml': null,
        'sources/tasks.yaml': `topic: TASK_EVENT_TOPIC
schema: TaskEvent
recipient: assignedTo
events:
  TASK_DUE: { title: Due, message: 'Due {deadlineMs, time, short}', channels: [PUSH] }
`,
      }),
    );
    const due = { eventType: 'TASK_DUE', deadlineMs: Date.UTC(2026, 0, 1, 9), assignedTo: 42 };
    const lines = await render(due, '--time-zone', 'Asia/Ho_Chi_Minh');
    expect(lines.join('\n')).toMatch(/Due 4:00\sPM/);
  });

  it("gives the e-mail's HTML, and the records as JSON with every digit", async () => {
    expect(await render(OVERDUE, '--format', 'html')).toEqual(['<p>Task &#39;Fix &lt;login&gt;&#39; is overdue!</p>']);
    const json = await render(
      '{"eventType":"TASK_OVERDUE","taskId":9007199254740993}',
      '--format',
      'json',
      '--channel',
      'in-app',
    );
    expect(json.join('')).toContain('"entityId": 9007199254740993');
    expect(Object.keys(JSON.parse(json.join('')) as object)).toEqual(['NOTIFICATION_INAPP_TOPIC']);
  });

  it('says why there is nothing to read', async () => {
    await expect(render({ eventType: 'TASK_GONE' })).rejects.toThrow('it would be skipped, unknown-type');
    await expect(render({ ...OVERDUE, assignedTo: 0 })).rejects.toThrow(
      "it would be a dead letter, invalid-event: a recipient's id is 0; expected a positive id",
    );
    await expect(render({ ...OVERDUE, eventType: 'TASK_COMPLETED' }, '--format', 'html')).rejects.toThrow(
      'it makes no e-mail: EMAIL is none of its channels',
    );
  });

  it('names what is wrong with the event, and with the flags', async () => {
    await expect(render({ ...OVERDUE, taskId: 'seven' })).rejects.toThrow(
      /event\.json: \/taskId is a text; expected an int64/,
    );
    await expect(render('[1]')).rejects.toThrow('expected a JSON object, the fields of the event');
    await expect(render('{')).rejects.toThrow('event.json cannot be read');
    await expect(render(OVERDUE, '--channel', 'fax')).rejects.toThrow(
      '--channel is "fax": expected in-app, email, push',
    );
    await expect(render(OVERDUE, '--format', 'xml')).rejects.toThrow('--format is "xml": expected text, html, json');
    await expect(render(OVERDUE, '--format', 'html', '--channel', 'push')).rejects.toThrow('expected --channel email');
    await expect(render(OVERDUE, '--topic', 'TASKS')).rejects.toThrow(
      '--topic is "TASKS": expected one of NOTIFICATION_REQUEST_TOPIC',
    );
  });
});
