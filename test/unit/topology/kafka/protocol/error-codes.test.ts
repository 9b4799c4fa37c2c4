import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { ApiKey } from '../../../../../topology/kafka/protocol/api-keys.js';
import { ErrorCode, errorName } from '../../../../../topology/kafka/protocol/error-codes.js';

const load = createRequire(import.meta.url);
const { errorCodes } = load('kafkajs/src/protocol/error') as { errorCodes: readonly { type: string; code: number }[] };
const kafkajsKeys = load('kafkajs/src/protocol/requests/apiKeys') as Readonly<Record<string, number>>;

// test/integration/protocol-numbers.test.ts compares both tables with those of Kafka's own client.
describe('the numbers of the protocol', () => {
  it.each(errorCodes)('have the name that kafkajs gives to $code: $type', ({ code, type }) => {
    expect(errorName(code)).toBe(type);
  });

  it('stand for one name each', () => {
    expect(new Set(Object.values(ErrorCode)).size).toBe(Object.keys(ErrorCode).length);
    expect(new Set(Object.values(ApiKey)).size).toBe(Object.keys(ApiKey).length);
  });

  it('are the api keys of kafkajs, which calls one of them by its older name', () => {
    const { FindCoordinator, ...others } = ApiKey;
    expect(kafkajsKeys).toMatchObject({ ...others, GroupCoordinator: FindCoordinator });
  });

  it('that are newer than the table stay numbers', () => {
    expect(errorName(1234)).toBe('CODE_1234');
  });
});
