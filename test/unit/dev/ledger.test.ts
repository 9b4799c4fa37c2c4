import { describe, expect, it } from 'vitest';
import { faultsOf } from '../../../dev/demo/verdict.js';
import type { ErpRecord } from '../../../dev/simulators/erp.js';
import { Ledger } from '../../../dev/simulators/ledger.js';

const record: ErpRecord = {
  kind: 'event',
  topic: 'TASK_EVENT_TOPIC',
  key: 'task-1',
  value: Buffer.from('x'),
  expected: [
    { output: 'in-app', identity: 'for one' },
    { output: 'in-app', identity: 'for two' },
    { output: 'e-mail', identity: 'for one' },
  ],
};

function ledgerOf(...seen: [Parameters<Ledger['see']>[0], string][]): Ledger {
  const ledger = new Ledger();
  ledger.expect(record);
  for (const [output, identity] of seen) ledger.see(output, identity);
  return ledger;
}

describe('the ledger', () => {
  it('is settled, and finds no fault, once each expected output was seen once', () => {
    const ledger = ledgerOf(['in-app', 'for two'], ['in-app', 'for one']);
    expect(ledger.isSettled).toBe(false);
    ledger.see('e-mail', 'for one');
    expect(ledger.isSettled).toBe(true);
    expect(faultsOf(ledger)).toEqual([]);
  });

  it('names what is missing', () => {
    const ledger = ledgerOf(['in-app', 'for one'], ['e-mail', 'for one']);
    expect(faultsOf(ledger)).toEqual(['in-app: expected and not seen: 1', '    for two']);
  });

  it('names a second copy, though the counts of all users together agree', () => {
    const ledger = ledgerOf(['in-app', 'for one'], ['in-app', 'for one'], ['e-mail', 'for one']);
    expect(ledger.seen['in-app']).toBe(ledger.expected['in-app']);
    expect(faultsOf(ledger)).toEqual([
      'in-app: expected and not seen: 1',
      '    for two',
      'in-app: seen and not expected: 1',
      '    for one',
    ]);
  });

  it('names an output on a topic where none was to come', () => {
    const ledger = ledgerOf(['in-app', 'for one'], ['in-app', 'for two'], ['e-mail', 'for one'], ['push', 'for one']);
    expect(faultsOf(ledger)).toEqual(['push: seen and not expected: 1', '    for one']);
  });

  it('shows the first five of many and says how many more there are', () => {
    const ledger = new Ledger();
    for (let index = 0; index < 7; index += 1) ledger.see('push', `push ${index}`);
    expect(faultsOf(ledger)).toHaveLength(7);
    expect(faultsOf(ledger).at(-1)).toBe('    and 2 more');
  });

  it('counts what was sent by topic and kind', () => {
    const ledger = ledgerOf();
    ledger.expect({ ...record, kind: 'repeat', expected: [] });
    expect(ledger.sent.get('TASK_EVENT_TOPIC')).toEqual({ event: 1, repeat: 1, poison: 0, skipped: 0 });
    expect(ledger.expected).toEqual({ 'in-app': 2, 'e-mail': 1, push: 0, delivered: 0, 'dead letter': 0 });
  });
});
