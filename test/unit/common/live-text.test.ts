import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveText, LiveTexts } from '../../../common/live-text.js';
import { RecordedLog } from '../recorded-log.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'notification-streams-live-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const faultOf = (text: string): string | undefined => (text.length < 3 ? 'expected more' : undefined);
const textIn = (path: string): LiveText => new LiveText('SECRET', 'first', { path, faultOf });

describe('the text of a file', () => {
  it('is taken when it has changed, without the line break at its end', async () => {
    const path = join(folder, 'secret');
    const text = textIn(path);
    writeFileSync(path, 'first\n');
    expect(await text.refresh()).toBe('same');
    writeFileSync(path, 'second\r\n');
    expect(await text.refresh()).toBe('changed');
    expect(text.current).toBe('second');
  });

  it('is seen to change where Kubernetes changes the link of a folder above', async () => {
    for (const [version, content] of Object.entries({ v1: 'first', v2: 'second' })) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'secret'), content);
    }
    symlinkSync('v1', join(folder, 'data'));
    symlinkSync('data/secret', join(folder, 'secret'));
    const text = textIn(join(folder, 'secret'));
    expect(await text.refresh()).toBe('same');
    symlinkSync('v2', join(folder, 'data.new'));
    renameSync(join(folder, 'data.new'), join(folder, 'data'));
    expect(await text.refresh()).toBe('changed');
    expect(text.current).toBe('second');
  });

  it.each([
    ['is gone', undefined, 'ENOENT'],
    ['is empty', '', 'expected more'],
    ['holds what cannot be used', 'x', 'expected more'],
  ])('stays as it was while the file %s; that is said once, and without the text', async (_, content, fault) => {
    const path = join(folder, 'secret');
    const [text, log] = [textIn(path), new RecordedLog()];
    const texts = new LiveTexts([text]);
    if (content !== undefined) writeFileSync(path, content);
    await texts.refresh(log.logger);
    await texts.refresh(log.logger);
    expect(text.current).toBe('first');
    expect(log.records).toMatchObject([{ level: 'warn', option: 'SECRET_FILE', error: fault }]);
    writeFileSync(path, 'second');
    await texts.refresh(log.logger);
    expect(text.current).toBe('second');
    expect(log.records.at(-1)).toMatchObject({ level: 'info', option: 'SECRET_FILE' });
    writeFileSync(path, 'third');
    // By an authentication, which needs it at once.
    await text.refresh();
    await texts.refresh(log.logger);
    expect(log.records.at(-1)!.msg).toContain('has changed');
    expect(log.records).toHaveLength(3);
    expect(JSON.stringify(log.records)).not.toMatch(/first|second/);
  });
});
