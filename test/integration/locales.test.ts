/** LOCALES: each user reads the language that the directory has of them, on every channel. */
import { expect, it } from 'vitest';
import { prepareEnvironment } from './harness/environment.js';
import { messagesOf } from './harness/messages.js';
import { produceAll, untilProcessed } from './harness/outcome.js';
import { readOutputs } from './harness/outputs.js';
import { startWorker } from './harness/worker.js';

const LINH = 7n;
const ADA = 8n;
const NEWCOMER = 9n;

it('writes in-app, e-mail and push in the language of each user, in the default for who has none', async () => {
  const test = await prepareEnvironment('locales', 1);
  const { task, user } = messagesOf(test);
  const worker = startWorker({ env: test.env('a', { LOCALES: 'en,vi' }) });
  await worker.ready();
  await produceAll(test.prefix, [
    user({ eventId: 'u-linh', userId: LINH, locale: 'vi-VN', email: 'linh@example.com' }),
    user({ eventId: 'u-ada', userId: ADA, locale: null, email: 'ada@example.com' }),
  ]);
  await untilProcessed(test.prefix);
  const overdue = { eventType: 'TASK_OVERDUE', taskTitle: 'Báo cáo' };
  await produceAll(test.prefix, [
    task({ ...overdue, eventId: 'for-linh', assignedTo: LINH }),
    task({ ...overdue, eventId: 'for-ada', assignedTo: ADA }),
    task({ ...overdue, eventId: 'for-newcomer', assignedTo: NEWCOMER }),
  ]);
  await untilProcessed(test.prefix);

  const { inApp, emails, pushes } = await readOutputs(test.prefix);
  const english = ['Task overdue', "Task 'Báo cáo' is overdue!"] as const;
  const vietnamese = ['Công việc quá hạn', "Công việc 'Báo cáo' đã quá hạn!"] as const;
  expect(inApp.map(({ userId, title, message }) => [userId, title, message]).sort()).toEqual([
    [LINH, ...vietnamese],
    [ADA, ...english],
    [NEWCOMER, ...english],
  ]);
  expect(emails.map(({ to, subject, body }) => [to, subject, body]).sort()).toEqual([
    [['ada@example.com'], english[1], english[1]],
    [['linh@example.com'], vietnamese[1], vietnamese[1]],
  ]);
  for (const { bodyHtml, subject } of emails) expect(bodyHtml).toContain(subject.replaceAll("'", '&#39;'));
  expect(pushes.map(({ userId, title, body }) => [userId, title, body]).sort()).toEqual([
    [LINH, ...vietnamese],
    [ADA, ...english],
  ]);
  expect((await worker.stop()).code).toBe(0);
});
