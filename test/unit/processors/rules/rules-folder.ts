/** Folders of rules for tests: the shipped one with some files replaced or added. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { HR_RECORD } from '../../../hr-source.js';
import { SHIPPED_RULES } from '../../../../processors/rules/shipped.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What a file of the shipped rules says. */
export function shippedText(name: string): string {
  return readFileSync(join(SHIPPED_RULES, name), 'utf8');
}

/** A copy of the shipped rules with these files in it, by their names; null takes one away. */
export function rulesWith(files: Readonly<Record<string, string | null>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'notification-streams-rules-'));
  folders.push(folder);
  cpSync(SHIPPED_RULES, folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if (text === null) rmSync(path);
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
  return folder;
}

/** A source that the contract does not have. */
export const HR_FILES = {
  'schemas/HrEvent.avsc': JSON.stringify(HR_RECORD),
  'sources/hr.yaml': `topic: HR_EVENT_TOPIC
schema: schemas/HrEvent.avsc
recipient: employee
events:
  EMPLOYEE_JOINED: { title: Welcome, message: Welcome to the team, channels: [IN_APP] }
`,
  'texts/vi.yaml': null,
} as const;
