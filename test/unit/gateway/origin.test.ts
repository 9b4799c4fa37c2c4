import { describe, expect, it } from 'vitest';
import { originRule } from '../../../gateway/origin.js';
import { ConfigError } from '../../../common/errors.js';

describe('with a list of origins', () => {
  const allows = originRule(['https://erp.example.com', 'http://127.0.0.1:8080']);

  it('a page connects when its origin is exactly one of them', () => {
    expect(allows('https://erp.example.com', 'push.example.com')).toBe(true);
    expect(allows('http://127.0.0.1:8080', 'x')).toBe(true);
    expect(allows('https://erp.example.com:444', 'x')).toBe(false);
    expect(allows('https://sub.erp.example.com', 'x')).toBe(false);
  });

  it('a page of the same host does not connect for that', () => {
    expect(allows('https://push.example.com', 'push.example.com')).toBe(false);
  });

  it('a client that is no page connects', () => {
    expect(allows('', 'push.example.com')).toBe(true);
  });
});

describe('without a list', () => {
  const allows = originRule([]);

  it.each([
    ['https://erp.example.com', 'erp.example.com'],
    ['http://127.0.0.1:8080', '127.0.0.1:9090'],
    ['http://[::1]:8080', '[::1]:9090'],
    ['', ''],
  ])('%s connects to %s', (origin, host) => {
    expect(allows(origin, host)).toBe(true);
  });

  it.each([
    ['https://evil.com', 'erp.example.com'],
    ['https://erp.example.com.evil.com', 'erp.example.com'],
    ['https://localhost', '127.0.0.1'],
    ['null', 'null'],
    ['https://erp.example.com', ''],
    ['https://erp.example.com/path', 'erp.example.com'],
    ['https://evil.com', 'evil.com@erp.example.com'],
    ['file://', ''],
  ])('%s does not connect to %s', (origin, host) => {
    expect(allows(origin, host)).toBe(false);
  });
});

describe('a list', () => {
  it('is refused when an entry could never match, naming each', () => {
    const list = ['https://good.example.com', 'https://erp.example.com/', '*', 'erp.example.com', 'null'];
    expect(() => originRule(list)).toThrow(ConfigError);
    try {
      originRule(list);
    } catch (error) {
      expect((error as ConfigError).faults).toHaveLength(4);
    }
  });
});
