/** JSON Schemas of the files of a rule set, for editors. */
import { z } from 'zod';
import { casesShape } from './case-shape.js';
import { languageShape, manifestShape, sourceShape } from './rule-shape.js';

const SHAPES = { rules: manifestShape, source: sourceShape, texts: languageShape, cases: casesShape } as const;

/** The kinds of files that there is a schema for. */
export const FILE_KINDS = Object.keys(SHAPES) as readonly (keyof typeof SHAPES)[];

/** As text, to be written to a file. */
export function jsonSchemaOf(kind: keyof typeof SHAPES): string {
  return `${JSON.stringify(z.toJSONSchema(SHAPES[kind], { io: 'input', target: 'draft-7' }), null, 2)}\n`;
}
