import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseBenchOptions } from '../../../bench/suite/options.js';

const DEFAULTS = { seed: '1', latency: true };
const idsOf = (options: ReturnType<typeof parseBenchOptions>): string[] => options.contenders.map(({ id }) => id);

describe("the benchmark's options", () => {
  it('are seven rounds of 400,000 events of ours and every peer', () => {
    const options = parseBenchOptions(DEFAULTS);
    expect(options).toMatchObject({ records: [400_000], rounds: [7], latency: { rate: 2000, seconds: 20 } });
    expect(idsOf(options)).toEqual([
      'ours-1',
      'ours-2',
      'kafka-streams-1',
      'kafka-streams-2',
      'quix-streams',
      'kafkats',
    ]);
  });

  it('choose peers, which are built; ours always take part', () => {
    const options = parseBenchOptions({ ...DEFAULTS, peers: 'kafka-streams' });
    expect(options.peers).toEqual(['kafka-streams']);
    expect(idsOf(options)).toEqual(['ours-1', 'ours-2', 'kafka-streams-1', 'kafka-streams-2']);
    expect(idsOf(parseBenchOptions({ ...DEFAULTS, peers: 'none' }))).toEqual(['ours-1', 'ours-2']);
  });

  it('choose single contenders, and build nothing that is not among them', () => {
    const options = parseBenchOptions({ ...DEFAULTS, only: 'ours-2,kafkats' });
    expect(options.peers).toEqual(['kafkats']);
    expect(idsOf(options)).toEqual(['ours-2', 'kafkats']);
  });

  it('take several sizes; a quick run has little input, above all for the slow', () => {
    const two = parseBenchOptions({ ...DEFAULTS, events: '400000,2000000', rounds: '7,3' });
    expect(two).toMatchObject({ records: [400_000, 2_000_000], rounds: [7, 3] });
    expect(parseBenchOptions({ ...DEFAULTS, events: '1000,2000', rounds: '4' }).rounds).toEqual([4, 4]);
    const quick = parseBenchOptions({ ...DEFAULTS, quick: true });
    expect(quick).toMatchObject({ records: [20_000], rounds: [2] });
    expect(quick.contenders.find(({ id }) => id === 'kafkats')).toMatchObject({ mostRecords: 4_000 });
  });

  it('set ours on another Node beside it, which is named by its path', () => {
    const options = parseBenchOptions({ ...DEFAULTS, only: 'ours-1', node: process.execPath });
    expect(options.contenders.at(-1)).toMatchObject({
      id: 'node-ours-1',
      label: `ours, 1 worker, Node ${process.version}`,
      node: process.execPath,
    });
    expect(() => parseBenchOptions({ ...DEFAULTS, node: '/no/such/node' })).toThrow(
      '--node is "/no/such/node": expected the path of a program of Node',
    );
  });

  it('set the build of another checkout beside ours, which must be there', () => {
    const checkout = mkdtempSync(join(tmpdir(), 'checkout-'));
    onTestFinished(() => rmSync(checkout, { recursive: true }));
    const given = { ...DEFAULTS, only: 'ours-1', before: checkout };
    expect(() => parseBenchOptions(given)).toThrow(
      `--before is "${checkout}": expected another checkout, in which \`npm run build\` has run`,
    );
    mkdirSync(join(checkout, 'dist', 'bin'), { recursive: true });
    writeFileSync(join(checkout, 'dist', 'bin', 'notification-streams.js'), '');
    expect(parseBenchOptions(given).contenders.at(-1)).toMatchObject({ id: 'before-ours-1', root: checkout });
  });

  it('set Kafka Streams on another Java beside it, which is named by its home', () => {
    const home = mkdtempSync(join(tmpdir(), 'java-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    mkdirSync(join(home, 'bin'));
    writeFileSync(join(home, 'bin', 'java'), '#!/bin/sh\necho openjdk 25.0.2 2026-01-20 LTS', { mode: 0o755 });
    const options = parseBenchOptions({ ...DEFAULTS, only: 'ours-1,kafka-streams-2', java: home });
    expect(idsOf(options)).toEqual(['ours-1', 'kafka-streams-2', 'java-kafka-streams-2']);
    expect(options.contenders.at(-1)).toMatchObject({
      label: 'Kafka Streams, 2 threads, Java 25.0.2',
      settings: { STREAM_THREADS: '2', JAVA_HOME: home },
    });
    expect(() => parseBenchOptions({ ...DEFAULTS, java: '/no/such/java' })).toThrow(
      '--java is "/no/such/java": expected the home of a Java',
    );
  });

  it('are refused all together, each with its value and what was expected', () => {
    expect(() => parseBenchOptions({ ...DEFAULTS, peers: 'flink', events: '5', rounds: 'x' })).toThrow(
      /--peers flink: expected some of kafka-streams.*--events is "5": expected a whole number.*--rounds is "x"/s,
    );
    expect(() => parseBenchOptions({ ...DEFAULTS, peers: 'none', only: 'kafkats' })).toThrow(/none of them is left/);
  });
});
