import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { UnknownTemplates } from '../../../../topology/stores/unknown-templates.js';

const noted = (codes: readonly string[]): object[] => {
  const log = pino({ level: 'silent' });
  const logged = vi.spyOn(log, 'info');
  const templates = new UnknownTemplates(log);
  for (const [at, code] of codes.entries()) templates.note(code, `R-0@${at}`);
  return logged.mock.calls.map(([fields]) => fields as object);
};

describe('template codes that this worker does not have', () => {
  it('are logged once each, by where they came first, and never themselves', () => {
    expect(noted(['A', 'B', 'A', 'x'.repeat(500), 'x'.repeat(600)])).toEqual([
      { origin: 'R-0@0', codes: 1, isLast: false },
      { origin: 'R-0@1', codes: 2, isLast: false },
      { origin: 'R-0@3', codes: 3, isLast: false },
    ]);
  });

  it('are logged up to a bound, which is said', () => {
    const logged = noted(Array.from({ length: 2000 }, (_, code) => String(code)));
    expect(logged).toHaveLength(1000);
    expect(logged.at(-1)).toEqual({ origin: 'R-0@999', codes: 1000, isLast: true });
  });
});
