import { describe, expect, it } from 'vitest';
import { SOURCES } from '../../../../../dev/contract/sources.js';
import { check, ok, type Check } from '../../../../../topology/operations/doctor/check.js';
import { examine, type Result } from '../../../../../topology/operations/doctor/doctor.js';
import { NoAnswerError } from '../../../../../topology/operations/doctor/examined.js';
import { parseConfig } from '../../../../../topology/worker/config.js';

const config = parseConfig({ KAFKA_BROKERS: 'b:1' });
const run = (...checks: Check[]): Promise<readonly Result[]> =>
  examine(config, SOURCES, { limitMs: 30, checks: { Brokers: checks } });
const about = { name: 'one', asks: 'asks' };

describe('checks', () => {
  it('run side by side, and give what they judge', async () => {
    let release = (): void => undefined;
    const waits = new Promise<void>((resolve) => (release = resolve));
    const [first, second] = [
      check(
        about,
        () => waits,
        () => [ok('first')],
      ),
      check(
        { ...about, name: 'two' },
        () => release(),
        () => [ok('second')],
      ),
    ];
    expect(await run(first, second)).toEqual([
      { group: 'Brokers', check: 'one', findings: [ok('first')] },
      { group: 'Brokers', check: 'two', findings: [ok('second')] },
    ]);
  });

  it('that get no answer in time are not known; the first of its group is at fault', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const results = await run(
      check({ ...about, isFirst: true }, never, () => []),
      check(about, never, () => []),
    );
    expect(results.map(({ findings }) => findings)).toMatchObject([
      [{ mark: 'fault', found: 'no answer within 0.03 s' }],
      [{ mark: 'warning', found: 'not known: no answer within 0.03 s' }],
    ]);
  });

  it('that are told that nobody answers are not known, and what else goes wrong is a fault', async () => {
    const refuse = (error: Error) =>
      check(
        about,
        () => Promise.reject(error),
        () => [],
      );
    const results = await run(refuse(new NoAnswerError('no broker answers')), refuse(new Error('surprise')));
    expect(results.map(({ findings }) => findings)).toMatchObject([
      [{ mark: 'warning', found: 'not known: no broker answers' }],
      [{ mark: 'fault', found: 'it cannot be asked: surprise' }],
    ]);
  });

  it('are not begun where two topics have one name', async () => {
    const same = parseConfig({ KAFKA_BROKERS: 'b:1', CRM_EVENT_TOPIC: 'SALES_EVENT_TOPIC' });
    await expect(examine(same, SOURCES, { limitMs: 30, checks: {} })).rejects.toThrow(/are both SALES_EVENT_TOPIC/);
  });
});
