/** The image, as far as can be said without an engine. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../../common/project-root.js';
import { podOf } from '../../../topology/operations/kubernetes/pods.js';
import { OPTIONS } from '../../../topology/worker/options.js';
import { all, readDockerfile } from './dockerfile.js';

const [build, runtime] = readDockerfile() as [
  ReturnType<typeof readDockerfile>[0],
  ReturnType<typeof readDockerfile>[0],
];
const read = (file: string): string => readFileSync(join(projectRoot(), file), 'utf8');
const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };

/** What the build stage is sent: the lines of .dockerignore that let something in. */
const sent = read('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

describe('the Dockerfile', () => {
  it('has two stages of one image, of the Node that package.json asks for and a glibc that serves it', () => {
    expect(readDockerfile()).toHaveLength(2);
    expect(runtime.from).toBe(build.from);
    const [, major, debian] = /^node:(\d+)-(\w+)-slim$/.exec(build.from)!;
    expect(engines.node).toMatch(new RegExp(`^>=${major}\\.`));
    expect(debian).toBe('trixie');
  });

  it('copies what there is, and what is sent to the engine', () => {
    const [first, patches, rest] = all(build, 'COPY');
    expect([first, patches, rest]).toEqual(['package.json package-lock.json .npmrc ./', 'patches patches', '. .']);
    expect(sent.filter((path) => !existsSync(join(projectRoot(), path)))).toEqual([]);
    const copied = all(runtime, 'COPY').flatMap((line) => {
      const [from, ...paths] = line.split(' ');
      expect(from).toBe('--from=build');
      return paths.slice(0, -1).map((path) => path.replace('/app/', ''));
    });
    const made = ['dist', 'node_modules'];
    expect(copied.filter((path) => !made.includes(path) && !sent.includes(path))).toEqual([]);
  });

  it('sends the engine every folder that the build compiles', () => {
    const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
    expect(include.filter((folder) => !sent.includes(folder))).toEqual([]);
  });

  it('runs node itself, as nobody in particular, who may write in /state', () => {
    expect(all(runtime, 'ENTRYPOINT')).toEqual(['["node", "dist/bin/notification-streams.js"]']);
    expect(all(runtime, 'CMD')).toEqual(['["worker"]']);
    expect(all(runtime, 'WORKDIR')).toEqual(['/app']);
    expect(all(runtime, 'USER')).toEqual(['10001:10001']);
    expect(all(runtime, 'RUN')).toEqual(['install --directory --owner=10001 --group=10001 --mode=0700 /state']);
    expect(all(runtime, 'ENV')).toContain('STATE_DIR=/state/worker');
    expect(all(runtime, 'EXPOSE')).toEqual([`${OPTIONS.HTTP_PORT.default} ${OPTIONS.GATEWAY_PORT.default}`]);
    expect(JSON.stringify(podOf('stream', { image: 'x' }, []))).toContain('"runAsUser":10001');
  });
});

describe('the lock', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { cpu?: string[]; libc?: string[]; integrity?: string }>;
  };

  it.each(['x64', 'arm64'])('pins each native library for %s', (arch) => {
    const names = [
      `@lmdb/lmdb-linux-${arch}`,
      `@node-rs/crc32-linux-${arch}-gnu`,
      `@napi-rs/snappy-linux-${arch}-gnu`,
      `@antoniomuso/lz4-napi-linux-${arch}-gnu`,
      `@msgpackr-extract/msgpackr-extract-linux-${arch}`,
    ];
    for (const name of names) {
      const { cpu, integrity = '' } = packages[`node_modules/${name}`] ?? {};
      expect([name, cpu, integrity.slice(0, 7)]).toEqual([name, [arch], 'sha512-']);
    }
  });

  it.each(['x64', 'arm64'])(
    'has a package of sockets that brings a binary for %s and the Node of the image',
    (arch) => {
      // 115: the ABI of Node 20.
      expect(existsSync(join(projectRoot(), 'node_modules/uWebSockets.js', `uws_linux_${arch}_115.node`))).toBe(true);
    },
  );
});
