import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { createLogger, LOG_OPTIONS } from '../../../common/log.js';

/** What the line says that this logs. */
function lineOf(log: (logger: pino.Logger) => void): object {
  const lines: string[] = [];
  log(pino({ ...LOG_OPTIONS, base: null, timestamp: false }, { write: (line) => lines.push(line) }));
  return JSON.parse(lines.join('')) as object;
}

describe("a worker's log", () => {
  it('says on each line which service, which version and which worker speaks', () => {
    const { version } = packageJson;
    expect(createLogger('info', 'stream-0').bindings()).toEqual({
      ...{ service: 'notification-streams', version },
      worker: 'stream-0',
    });
    expect(createLogger('silent').bindings()).toEqual({});
  });

  it('says where the docs speak of a warning or an error, if they do', () => {
    const msg = 'the disk of STATE_DIR is full: its tasks stand still';
    const doc = 'docs/operations.md#a-full-disk';
    expect(lineOf((log) => log.error({ directory: '/state' }, msg))).toEqual({
      level: 'error',
      directory: '/state',
      doc,
      msg,
    });
    expect(lineOf((log) => log.warn(msg))).toEqual({ level: 'warn', doc, msg });
    expect(lineOf((log) => log.info(msg))).toEqual({ level: 'info', msg });
    expect(lineOf((log) => log.warn({ part: 'x' }, 'of no page'))).toEqual({
      level: 'warn',
      part: 'x',
      msg: 'of no page',
    });
    expect(
      lineOf((log) => log.child({ task: 1 }).fatal({ err: new Error('gone') }, 'the worker cannot go on')),
    ).toMatchObject({
      ...{ level: 'fatal', task: 1, err: { message: 'gone' } },
      doc: 'docs/operations.md#a-worker-that-ends-by-itself',
    });
  });
});
