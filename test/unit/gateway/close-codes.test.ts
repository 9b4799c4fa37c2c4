import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../gateway/close-codes.js';
import { REFUSALS } from '../../../gateway/refusals.js';

const page = readFileSync(new URL('../../../docs/gateway.md', import.meta.url), 'utf8');
/** The rows of the page's tables, without the blanks that line them up. */
const rows = page.split('\n').map((line) => line.replace(/ *\| */g, '|'));

describe('docs/gateway.md', () => {
  it.each(Object.entries(CLOSE_CODES))('names the close reason %s, its code and what to do next', (reason, row) => {
    const start = `|${row.code ?? '1006 (cut)'}|\`${reason}\`|${row.again}|`;
    expect(rows.filter((line) => line.startsWith(start))).toHaveLength(1);
  });

  it.each(Object.entries(REFUSALS))('names the refusal %s and its status', (reason, status) => {
    expect(rows.filter((line) => line.startsWith(`|${status.slice(0, 3)}|\`${reason}\`|`))).toHaveLength(1);
  });
});
