import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runToEnd } from './run-command.js';

const SCHEMAS = join(import.meta.dirname, '../../../schemas');
const PUSH = 'PUSH_REQUEST_TOPIC-value  serp.notification.PushRequestEvent';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'streams-schemas-'));
  cpSync(SCHEMAS, folder, { recursive: true, filter: (path) => path === SCHEMAS || path.endsWith('.avsc') });
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Fields {
  fields: { name: string; type: unknown; default?: unknown }[];
}

/** As it was in the earlier release. */
function earlier(name: string, change: (schema: Fields) => void): void {
  const path = join(folder, `${name}.avsc`);
  const schema = JSON.parse(readFileSync(path, 'utf8')) as Fields;
  change(schema);
  writeFileSync(path, JSON.stringify(schema));
}

const compare = (verb: string, ...args: readonly string[]) => runToEnd('schemas', verb, '--baseline', folder, ...args);

describe('schemas check against the folder of an earlier release', () => {
  it('finds that all fits when nothing changed', async () => {
    const { lines, errors, code } = await compare('check');
    expect([errors, code]).toEqual([[], 0]);
    expect(lines).toHaveLength(10);
    expect(lines).toContain(`${PUSH}: fits, against ${join(folder, 'PushRequestEvent.avsc')}`);
  });

  it('finds what we cannot read any more, and what others cannot read of ours', async () => {
    earlier('PushRequestEvent', ({ fields }) => {
      fields.find(({ name }) => name === 'title')!.type = 'long';
      fields.push({ name: 'sound', type: 'string' });
    });
    const { lines, code } = await compare('check');
    expect(lines.filter((line) => line.startsWith(' '))).toEqual([
      '  what was written before is not read: title is long for the writer, string for the reader',
      '  who has the earlier schema does not read ours: title is string for the writer, long for the reader',
      '  who has the earlier schema does not read ours: sound is not written, and the reader has no default for it',
    ]);
    expect(lines.find((line) => line.startsWith(PUSH))).toContain('does not fit');
    expect(code).toBe(3);
  });

  it('asks of a source only that we read what its producers write, in whatever unit of time', async () => {
    earlier('TaskEvent', ({ fields }) => {
      fields.push({ name: 'more', type: 'string' });
      fields.find(({ name }) => name === 'timestamp')!.type = { type: 'long', logicalType: 'timestamp-micros' };
    });
    expect((await compare('check')).code).toBe(0);
  });

  it('takes a record that was not there for new, and finds one that is there no more', async () => {
    rmSync(join(folder, 'UserEvent.avsc'));
    expect((await compare('check')).code).toBe(0);
    writeFileSync(join(folder, 'Old.avsc'), '{"type":"record","name":"Old","namespace":"serp","fields":[]}');
    const { lines, code } = await compare('check', '--json');
    const compared = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(compared.find(({ record }) => record === 'serp.Old')).toEqual({
      ...{ subject: '', record: 'serp.Old', against: join(folder, 'Old.avsc') },
      found: ['it is no record of ours any more'],
    });
    expect(compared.filter(({ against }) => against === null)).toHaveLength(1);
    expect(code).toBe(3);
  });

  it.each<[string, () => string, RegExp]>([
    ['a folder that is not there', () => join(folder, 'none'), /--baseline .*none cannot be read: ENOENT/],
    [
      'one without schemas',
      () => (mkdirSync(join(folder, 'empty')), join(folder, 'empty')),
      /expected a folder of \.avsc files/,
    ],
    [
      'what is no JSON',
      () => (writeFileSync(join(folder, 'X.avsc'), '{'), folder),
      /--baseline .*X\.avsc cannot be read/,
    ],
  ])('refuses %s', async (_, path, fault) => {
    const { errors, code } = await runToEnd('schemas', 'check', '--baseline', path());
    expect([errors.join('\n'), code]).toEqual([expect.stringMatching(fault), 2]);
  });
});

describe('schemas diff with the folder of an earlier release', () => {
  it('says field by field what differs, with exit code 3, and 0 when nothing does', async () => {
    expect((await compare('diff')).code).toBe(0);
    earlier('PushRequestEvent', ({ fields }) => {
      fields.find(({ name }) => name === 'title')!.type = 'bytes';
      fields.push({ name: 'sound', type: 'string', default: 'none' });
    });
    const { lines, code } = await compare('diff');
    const at = lines.findIndex((line) => line.startsWith(PUSH));
    expect(lines.slice(at, at + 3)).toEqual([
      `${PUSH}: differs, against ${join(folder, 'PushRequestEvent.avsc')}`,
      '  sound: only in the baseline, string, default "none"',
      '  title: string in ours, bytes in the baseline',
    ]);
    expect(code).toBe(3);
  });
});
