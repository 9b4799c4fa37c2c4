/** The same job on Kafka Streams: bench/peers/kafka-streams, built once with Maven. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findJava, findMaven } from '../../dev/stack/java.js';
import { projectRoot } from '../../common/project-root.js';
import { endWithUs } from './end-with-us.js';

const FOLDER = join(projectRoot(), 'bench', 'peers', 'kafka-streams');

export interface PeerSettings {
  readonly brokers: string;
  readonly registryUrl: string;
  readonly prefix: string;
  readonly state: string;
}

export interface RunningPeer {
  /** Resolves when it is RUNNING: ms since the process was started. */
  ready: () => Promise<number>;
  end: (signal: NodeJS.Signals) => Promise<void>;
}

export class StreamsPeer {
  readonly #java: string;

  private constructor(java: string) {
    this.#java = java;
  }

  /** Needs a JDK (17 or newer) and Maven. */
  static async build(): Promise<StreamsPeer> {
    const target = join(FOLDER, 'target', 'peer.jar');
    if (!existsSync(target)) {
      await promisify(execFile)(findMaven(process.env), ['-B', '-q', 'package'], { cwd: FOLDER, timeout: 600_000 });
    }
    return new StreamsPeer(await findJava(process.env));
  }

  /** Settings as its `run` has them. */
  start({ brokers, registryUrl, prefix, state }: PeerSettings): RunningPeer {
    const began = Date.now();
    const jvm = ['-Xms512m', '-Xmx1g', '-XX:+UseParallelGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
    const classPath = `${join(FOLDER, 'target', 'peer.jar')}:${join(FOLDER, 'target', 'libs', '*')}`;
    const child = spawn(this.#java, [...jvm, '-Dorg.apache.avro.fastread=true', '-cp', classPath, 'Peer'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        BROKERS: brokers,
        REGISTRY_URL: registryUrl,
        TOPIC_PREFIX: prefix,
        APP_ID: 'streams',
        STATE_DIR: state,
      },
    });
    endWithUs(() => child.kill('SIGKILL'));
    const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const ready = new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === 'ready') resolve(Date.now() - began);
      });
      void exited.then(() => reject(new Error('the peer ended before it was ready')));
    });
    ready.catch(() => undefined); // whoever waits hears of it
    return {
      ready: () => ready,
      end: async (signal) => {
        child.kill(signal);
        await exited;
      },
    };
  }
}
