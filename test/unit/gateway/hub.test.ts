import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hub } from '../../../gateway/hub.js';

const CAPS = { maxSockets: 5, maxSocketsPerUser: 2 };

describe('the hub', () => {
  it('agrees with a plain list, whatever comes and goes', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'remove'),
      key: fc.constantFrom('1|1', '1|2', '2|1', '2|2'),
      socket: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const hub = new Hub<string>(CAPS);
        let model: { key: string; socket: string }[] = [];
        for (const { kind, key, socket: number } of steps) {
          const socket = `${key}#${number}`;
          const others = model.filter((entry) => entry.socket !== socket);
          if (kind === 'remove') {
            hub.remove(key, socket);
            model = others;
          } else if (hub.full(key) === undefined) {
            hub.add(key, socket);
            model = [...others, { key, socket }];
          }
          const mine = model.filter((entry) => entry.key === key).map((entry) => entry.socket);
          expect([...hub.sessionsOf(key)].sort()).toEqual(mine.sort());
          expect([...hub].sort()).toEqual(model.map((entry) => entry.socket).sort());
          expect(hub.size).toBe(model.length);
          expect(hub.users).toBe(new Set(model.map((entry) => entry.key)).size);
          expect(hub.full(key)).toBe(model.length >= 5 ? 'full' : mine.length >= 2 ? 'user-full' : undefined);
        }
      }),
    );
  });

  it('lets a socket go while the sockets of its user are walked through', () => {
    const hub = new Hub<string>({ maxSockets: 9, maxSocketsPerUser: 9 });
    for (const socket of ['a', 'b', 'c']) hub.add('1|1', socket);
    const seen: string[] = [];
    for (const socket of hub.sessionsOf('1|1')) {
      seen.push(socket);
      hub.remove('1|1', socket);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect([hub.size, hub.users]).toEqual([0, 0]);
  });
});
