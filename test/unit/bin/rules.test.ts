import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SHIPPED_RULES } from '../../../processors/rules/shipped.js';
import { HR_FILES, rulesWith, shippedText } from '../processors/rules/rules-folder.js';
import { faultsOfCommand, runCommand } from './run-command.js';

afterEach(() => vi.unstubAllEnvs());

describe('rules check', () => {
  it('says in one line what the shipped rules are', async () => {
    const { lines, code } = await runCommand('rules', 'check');
    expect(lines).toEqual([
      expect.stringMatching(
        /^rules version 1 \([0-9a-f]{12}\): 5 sources, 14 event types; texts in en, vi; the contract's e-mail$/,
      ),
    ]);
    expect(code).toBe(0);
  });

  it('says every fault at once, each with its file and line', async () => {
    const folder = rulesWith({
      'sources/sales.yaml': shippedText('sources/sales.yaml')
        .replace('#{orderId} has been', '#{orderID} has been')
        .replace('channels: [IN_APP]', 'channels: [IN_APP, SMS]'),
    });
    expect(await faultsOfCommand('rules', 'check', folder)).toEqual([
      expect.stringMatching(
        /^sources\/sales\.yaml:15: events\.ORDER_CREATED\.channels\.1: "SMS" is given; expected one of/,
      ),
      expect.stringMatching(/^sources\/sales\.yaml:31: events\.ORDER_SHIPPED\.message: .*orderID.*orderId/),
    ]);
  });

  it('reads what a worker reads besides: the languages of LOCALES, templates, the e-mail layout', async () => {
    vi.stubEnv('LOCALES', 'vi,fr');
    const folder = rulesWith({
      'rules.yaml': 'version: 1\nlayout: layouts/mine.html\n',
      'layouts/mine.html': '<p>{{mesage}}</p>',
      'templates/LATE/title.hbs': 'Late {{#if}}',
      'templates/LATE/message.hbs': 'Late',
    });
    const faults = (await faultsOfCommand('rules', 'check', folder)).join('\n');
    expect(faults).toContain('LATE');
    expect(faults).toMatch(/layouts\/mine\.html|mesage/);
    const other = await faultsOfCommand('rules', 'check');
    expect(other).toEqual([expect.stringContaining('LOCALES is "vi,fr": the rules have no texts in fr')]);
  });
});

describe('rules test', () => {
  it('faults a field of an event that its schema does not have', async () => {
    const cases = `- event: { eventType: TASK_ASSIGNED, asignedTo: 42 }\n  expect: []\n`;
    const { lines } = await runCommand('rules', 'test', rulesWith({ 'cases/tasks.yaml': cases }));
    expect(lines[0]).toMatch(/^cases\/tasks\.yaml:1: case 1: TaskEvent has no field asignedTo; expected assignedTo/);
  });

  it('plays with the templates and the schemes of a worker', async () => {
    const folder = rulesWith({
      'mine/PAID/title.hbs': 'Paid {{sum}}',
      'mine/PAID/message.hbs': 'Thank you',
      'cases/requests.yaml': `
- event: { templateCode: PAID, templateVars: { sum: $5 }, actionUrl: 'erp://paid', userId: 42 }
  expect: [{ user: 42, title: Paid $5, message: Thank you, actionUrl: 'erp://paid' }]
`,
    });
    vi.stubEnv('TEMPLATES_DIR', join(folder, 'mine'));
    vi.stubEnv('ACTION_URL_SCHEMES', 'erp');
    expect((await runCommand('rules', 'test', folder)).lines.at(-1)).toMatch(/ 0 failures$/);
    vi.stubEnv('ACTION_URL_SCHEMES', 'https');
    expect((await runCommand('rules', 'test', folder)).lines.at(-1)).toMatch(/ 1 failure$/);
  });

  it('runs cases of a source of one’s own, in JSON, also of what is no event of it', async () => {
    const folder = rulesWith({
      ...HR_FILES,
      'sources/hr.yaml': `${HR_FILES['sources/hr.yaml']}format: json\n`,
      'cases/tasks.yaml': shippedText('cases/tasks.yaml').replace(/- name: in Vietnamese[^]*?\n\n/, ''),
      'cases/sales.yaml': shippedText('cases/sales.yaml').replace(/title: Đã[^]*?channels/, 'channels'),
      'cases/hr.yaml': `
- event: { eventType: EMPLOYEE_JOINED, employee: 7, contract: FIXED_TERM }
  expect: [{ user: 7, message: Welcome to the team, channels: { IN_APP: DISPATCHED } }]
- event: { eventType: EMPLOYEE_JOINED, contract: NONE }
  expect: { deadLetter: undecodable }
`,
    });
    const { lines } = await runCommand('rules', 'test', folder);
    expect(lines).toEqual(['25 passed, 0 failures']);
  });

  it('passes for the shipped rules, which have a case for each event type', async () => {
    const { lines, code } = await runCommand('rules', 'test');
    expect(lines).toEqual([expect.stringMatching(/^\d\d passed, 0 failures$/)]);
    expect(code).toBe(0);
  });

  it('fails for an event type without a case, at its line', async () => {
    const folder = rulesWith({
      'cases/sales.yaml': shippedText('cases/sales.yaml').replaceAll('PAYMENT_DUE', 'PAYMENT_RECEIVED'),
    });
    const { lines, code } = await runCommand('rules', 'test', folder);
    expect(lines.at(-2)).toBe(
      'sources/sales.yaml:23: PAYMENT_DUE has no case; expected one in cases/sales.yaml that says what it tells',
    );
    expect(code).toBe(1);
  });

  it('shows what differs: where the case says it, what was expected, what came', async () => {
    const cases = `
- name: a task is done
  event: { eventType: TASK_COMPLETED, taskTitle: Login, assignedTo: 42 }
  users: [{ id: 42, email: an@example.com }]
  expect:
    - user: 42
      message: Task 'Login' is done
      channels: { IN_APP: DISPATCHED, EMAIL: DISPATCHED }
      email: { subject: Done }
    - user: 43
- event: { eventType: TASK_ASSIGNED, assignedTo: 42 }
  expect: []
- event: { eventType: TASK_OVERDUE, assignedTo: 0 }
  expect: [{ user: 0 }]
- event: { eventType: TASK_GONE }
  expect: { deadLetter: invalid-event }
- event: { eventType: TASK_COMMENTED, assignedTo: [42] }
  expect: []
`;
    const { lines } = await runCommand('rules', 'test', rulesWith({ 'cases/tasks.yaml': cases }));
    expect(lines.filter((line) => line.startsWith('cases/'))).toEqual([
      `cases/tasks.yaml:7: a task is done: user 42: message: expected "Task 'Login' is done", got "Task 'Login' marked as complete"`,
      'cases/tasks.yaml:8: a task is done: user 42: channels: expected {"IN_APP":"DISPATCHED","EMAIL":"DISPATCHED"}, got {"IN_APP":"DISPATCHED"}',
      'cases/tasks.yaml:9: a task is done: user 42: email: expected {"subject":"Done"}, got nothing',
      'cases/tasks.yaml:10: a task is done: user 43: expected to be told; told is 42',
      'cases/tasks.yaml:12: case 2: user 42: expected not to be told; told by IN_APP, EMAIL',
      "cases/tasks.yaml:14: case 3: expected a notification; got a dead letter, invalid-event: a recipient's id is 0; expected a positive id",
      'cases/tasks.yaml:16: case 4: expected a dead letter, invalid-event; got skipped, unknown-type',
      "cases/tasks.yaml:17: case 5: the event's /assignedTo is an array; expected an int64: an integer, or its decimal text",
    ]);
  });

  it('shows of long texts where they part', async () => {
    const html = `<p>${'long '.repeat(60)}`;
    const cases = `
- event: { eventType: TASK_ASSIGNED, taskTitle: "${'long '.repeat(60)}", assignedTo: 42 }
  users: [{ id: 42, email: an@example.com }]
  expect: [{ user: 42, email: { bodyHtml: "${html}" } }]
`;
    const { lines } = await runCommand('rules', 'test', rulesWith({ 'cases/tasks.yaml': cases }));
    expect(lines[0]).toMatch(
      /^cases\/tasks\.yaml:4: case 1: user 42: email\.bodyHtml: from character \d+ on expected "/,
    );
    expect(lines[0]!.length).toBeLessThan(400);
  });

  it('names every fault of files of cases, with its line', async () => {
    const folder = rulesWith({
      'cases/tasks.yaml': `
- event: { eventType: TASK_ASSIGNED, taskId: 12345678901234567890 }
  expect:
    - { user: 42, mesage: Hello, channels: { EMAIL: GONE } }
- evnet: { eventType: TASK_ASSIGNED }
  expect: { deadLetter: broken }
`,
      'cases/task.yaml': '- event: {}\n  expect: []\n',
      'cases/crm.yaml': '- { event: [\n',
    });
    const faults = (await faultsOfCommand('rules', 'test', folder)).join('\n');
    expect(faults).toContain('cases/task.yaml:1: no source is called task; expected one of requests, tasks');
    expect(faults).toMatch(/cases\/tasks\.yaml:2: 0\.event\.taskId: .*put longer ones in quotes/);
    expect(faults).toContain('cases/tasks.yaml:4: 0.expect.0.mesage: there is no such setting');
    expect(faults).toContain(
      'cases/tasks.yaml:4: 0.expect.0.channels.EMAIL: "GONE" is given; expected DISPATCHED, or why not',
    );
    expect(faults).toContain('cases/tasks.yaml:5: 1.evnet: there is no such setting');
    expect(faults).toContain("cases/tasks.yaml:5: 1.event: missing; expected the event's fields");
    expect(faults).toContain('cases/tasks.yaml:6: 1.expect.deadLetter: "broken" is given; expected one of bad-magic');
    expect(faults).toMatch(/cases\/crm\.yaml:\d: /);
  });
});

describe('rules diff', () => {
  it('says that two sets say the same', async () => {
    expect((await runCommand('rules', 'diff', SHIPPED_RULES, SHIPPED_RULES)).lines).toEqual(['they say the same']);
  });

  it('says what differs, that the version must be raised, and what takes a restart', async () => {
    const after = rulesWith({
      'sources/tasks.yaml': shippedText('sources/tasks.yaml')
        .replace('is overdue!', 'is late')
        .replace('channels: [IN_APP]', 'channels: [IN_APP, PUSH]'),
      'sources/sales.yaml': shippedText('sources/sales.yaml').replace(
        'schema: SalesEvent',
        'schema: SalesEvent\nformat: json',
      ),
    });
    expect((await runCommand('rules', 'diff', SHIPPED_RULES, after)).lines).toEqual([
      `tasks: TASK_OVERDUE message: "Task ''{taskTitle}'' is overdue!" -> "Task ''{taskTitle}'' is late"`,
      'tasks: TASK_COMPLETED goes to PUSH too',
      'sales: records are json, no longer avro',
      '! topics, event types or channels differ: raise `version` in rules.yaml above 1',
      '! workers must be restarted for these:',
      '!   sales: records are json, no longer avro',
    ]);
  });
});

describe('rules schema', () => {
  const KINDS = ['rules', 'source', 'texts', 'cases'];

  it.each(KINDS)('prints what is published for %s', async (kind) => {
    const { lines } = await runCommand('rules', 'schema', kind);
    expect(`${lines.join('\n')}\n`).toBe(shippedText(['json-schema', `${kind}.json`].join('/')));
  });

  it('refuses a kind that there is not', async () => {
    expect(await faultsOfCommand('rules', 'schema', 'tests')).toEqual([
      'the kind is "tests": expected rules, source, texts, cases',
    ]);
  });

  it('is named in the first line of each shipped file, for editors', () => {
    const named = (folder: string, schema: string): (readonly [string, string])[] =>
      readdirSync(join(SHIPPED_RULES, folder))
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => [join(folder, name), schema]);
    const files = [
      ...named('.', './json-schema/rules.json'),
      ...named('sources', '../json-schema/source.json'),
      ...named('texts', '../json-schema/texts.json'),
      ...named('cases', '../json-schema/cases.json'),
    ];
    expect(files).toHaveLength(12);
    for (const [file, schema] of files)
      expect(shippedText(file)).toMatch(`# yaml-language-server: $schema=${schema}\n`);
  });
});
