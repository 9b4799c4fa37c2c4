/** Reads values with Avro's own library for Java: one process for as many as there are. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

import { FatalError } from '../../common/errors.js';
import { compileAvroReader } from './compile.js';

export interface AvroQuestion {
  readonly body: Buffer;
  /** Our schema, and the writer's, as text. */
  readonly reader: string;
  readonly writer: string;
  /** The schemas that the writer's refers to. */
  readonly references?: readonly string[];
}

export type AvroAnswer =
  /** As JSON, with `{"long": "1"}` for a long and `{"double": "3ff0000000000000"}` for a double. */
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'unread' | 'no-schema'; readonly message: string };

/** @throws FatalError with what the reader says. */
export async function readByJava(questions: readonly AvroQuestion[]): Promise<AvroAnswer[]> {
  const { java, classPath } = await compileAvroReader({});
  const child = spawn(java, ['-Xmx256m', '-XX:+UseSerialGC', '-cp', classPath, 'AvroReader'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  // A reader that ends early closes the pipe; its exit code tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(questions.map(lineOf).join(''));
  const [answers, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  const lines = answers.split('\n').slice(0, -1);
  if (code !== 0 || lines.length !== questions.length)
    throw new FatalError(`Avro's reader failed (${code}, ${lines.length} answers): ${complaint.slice(-2000)}`);
  return lines.map(parseAnswer);
}

function lineOf({ body, reader, writer, references = [] }: AvroQuestion): string {
  const schemas = [reader, writer, ...references].map((schema) => Buffer.from(schema));
  return `${[body, ...schemas].map((bytes) => bytes.toString('base64')).join('\t')}\n`;
}

function parseAnswer(line: string): AvroAnswer {
  if (line.startsWith('!schema ')) return { kind: 'no-schema', message: line.slice(8) };
  if (line.startsWith('!value ')) return { kind: 'unread', message: line.slice(7) };
  return { kind: 'read', value: JSON.parse(line) };
}
