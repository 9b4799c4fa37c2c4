/**
 * Makes types.ts from the .avsc files beside it: an interface for each record and the schemas themselves, so that
 * nothing reads files at run time. With --check it only says whether types.ts is up to date (exit code 1 when not).
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AvroRecord } from './avro/avro-schema.js';
import { renderTypes } from './render-types.js';

const FOLDER = new URL('./', import.meta.url);
const TARGET = new URL('types.ts', FOLDER);

function readSchemas(): AvroRecord[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.avsc'))
    .sort()
    .map((file) => {
      const schema = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as AvroRecord;
      if (`${schema.name}.avsc` !== file) {
        throw new Error(`schemas/${file} holds the record ${schema.name}; expected the file to be named after it`);
      }
      return schema;
    });
}

function currentTypes(): string {
  try {
    return readFileSync(TARGET, 'utf8');
  } catch (error) {
    // A first run has no file yet: the same as a stale one. Anything else is a fault to show.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function main(check: boolean): void {
  const wanted = renderTypes(readSchemas());
  if (currentTypes() === wanted) return;
  if (check) {
    console.error(
      'schemas/types.ts does not match schemas/*.avsc: run `npm run schemas:generate` and commit the result.',
    );
    process.exitCode = 1;
    return;
  }
  writeFileSync(TARGET, wanted);
  console.log(`wrote ${fileURLToPath(TARGET)}`);
}

main(process.argv.includes('--check'));
