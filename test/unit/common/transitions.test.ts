import { describe, expect, it } from 'vitest';
import { transitions } from '../../../common/transitions.js';

describe('a table of transitions', () => {
  const move = transitions<'open' | 'shut' | 'gone'>('a door', { open: ['shut'], shut: ['open', 'gone'], gone: [] });

  it('gives the state that may follow', () => {
    expect(move('open', 'shut')).toBe('shut');
    expect(move('shut', 'gone')).toBe('gone');
  });

  it('refuses one that may not, and names both', () => {
    expect(() => move('open', 'gone')).toThrow('a door cannot go from open to gone');
    expect(() => move('gone', 'gone')).toThrow('a door cannot go from gone to gone');
  });
});
