import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { LineWriter } from '../../../../bin/dlq/line-writer.js';
import { runCommand } from '../run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'notification-streams-export-'));
const path = join(folder, 'letters.ndjson');
afterEach(() => {
  vi.unstubAllEnvs();
  for (const file of [path, `${path}.part`]) rmSync(file, { force: true });
});

it('exports nothing unless it is told that whole events go out', async () => {
  vi.stubEnv('KAFKA_BROKERS', '127.0.0.1:1');
  vi.stubEnv('SCHEMA_REGISTRY_URL', 'http://127.0.0.1:1');
  await expect(runCommand('dlq', 'export', '--out', path)).rejects.toThrow('--payload is not given');
});

it('writes lines to a new file that the owner alone may read', async () => {
  const writer = await LineWriter.open('--out', path);
  const line = 'x'.repeat(200_000);
  for (let index = 0; index < 3; index += 1) await writer.write(line);
  await writer.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toBe(`${line}\n`.repeat(3));
});

it('writes over no file', async () => {
  writeFileSync(path, 'mine');
  await expect(LineWriter.open('--out', path)).rejects.toThrow(/--out is ".*": it is there already/);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

it('has its name only once it is whole, and until then another one', async () => {
  const writer = await LineWriter.open('--out', path);
  await writer.write('x'.repeat(300_000));
  expect([existsSync(path), statSync(`${path}.part`).mode & 0o777]).toEqual([false, 0o600]);
  await expect(LineWriter.open('--out', path)).rejects.toThrow(/part is there already: .*delete it/);
  await writer.close();
  expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([true, false]);
});

it('writes over no file that came meanwhile, and keeps what it has', async () => {
  const writer = await LineWriter.open('--out', path);
  await writer.write('x');
  writeFileSync(path, 'mine');
  await expect(writer.close()).rejects.toThrow(/it is there already.*All was written to .*letters.ndjson.part/);
  await writer.discard();
  expect([path, `${path}.part`].map((file) => readFileSync(file, 'utf8'))).toEqual(['mine', 'x\n']);
});

it('leaves no file behind that does not hold all', async () => {
  const writer = await LineWriter.open('--out', path);
  await writer.write('x');
  await writer.discard();
  expect([path, `${path}.part`].map((file) => existsSync(file))).toEqual([false, false]);
});
