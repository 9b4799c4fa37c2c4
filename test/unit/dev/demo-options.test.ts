import { describe, expect, it } from 'vitest';
import { parseDemoOptions, planRun } from '../../../dev/demo/options.js';

const STACK = { kafkaBrokers: '127.0.0.1:9092', schemaRegistryUrl: 'http://127.0.0.1:8081' };

describe("the demo's options", () => {
  it('are whole numbers; without seconds it runs until it is ended', () => {
    expect(parseDemoOptions({ rate: '50', port: '0' })).toEqual({ seconds: undefined, rate: 50, port: 0 });
    expect(parseDemoOptions({ seconds: '20', rate: '5', port: '8000' })).toEqual({ seconds: 20, rate: 5, port: 8000 });
  });

  it('are refused all together, each with its value and what was expected', () => {
    expect(() => parseDemoOptions({ seconds: 'ten', rate: '0', port: '-1' })).toThrow(
      /--seconds is "ten".*--rate is "0": expected a whole number from 1 to 5000.*--port is "-1"/s,
    );
  });
});

describe('a run', () => {
  it('has topics, group and secret of its own', () => {
    const [one, other] = [planRun(STACK, '/tmp/state', {}), planRun(STACK, '/tmp/state', {})];
    expect(one.config.names.physical('TASK_EVENT_TOPIC')).toMatch(/^demo-[0-9a-f]{8}\.TASK_EVENT_TOPIC$/);
    expect(one.config.names.group).not.toBe(other.config.names.group);
    expect(one.jwtSecret).not.toBe(other.jwtSecret);
  });

  it('takes from the environment how to reach the broker, and nothing that would make it another run', () => {
    const env = { KAFKA_SSL: 'true', TASK_EVENT_TOPIC: 'theirs', JWKS_URL: 'http://theirs', STATE_DIR: '/theirs' };
    const { config, options } = planRun(STACK, '/tmp/state', env);
    expect(config.kafka.ssl).toBe(true);
    expect(options).toMatchObject({ KAFKA_SSL: 'true', STATE_DIR: '/tmp/state' });
    expect(options).not.toHaveProperty('TASK_EVENT_TOPIC');
    expect(options).not.toHaveProperty('JWKS_URL');
  });
});
