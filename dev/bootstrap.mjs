/**
 * `npm run demo` and `npm test` from a fresh clone: gets what is missing, builds, and runs the thing itself.
 * Plain JavaScript without dependencies, since it runs before there is any node_modules.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];

/** What the tests need besides Node: any one of the programs, or the first of the Debian packages that there is. */
const NEEDED_BY_TESTS = [
  {
    programs: ['java'],
    packages: ['openjdk-17-jre-headless', 'openjdk-21-jre-headless', 'default-jre-headless'],
    unless: 'KAFKA_BROKERS',
  },
  { programs: ['mvn'], packages: ['maven'] },
  { programs: ['go'], packages: ['golang-go'] },
  { programs: ['python3'], packages: ['python3-venv'] },
  { programs: ['promtool'], packages: ['prometheus'] },
  { programs: ['kcat'], packages: ['kcat'] },
  { programs: ['curl'], packages: ['curl'] },
  { programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], packages: ['chromium'] },
];

const [task, ...args] = process.argv.slice(2);
checkNode();
if (task === 'demo') {
  installModules();
  build();
  say('starting the demo');
  passThrough(process.execPath, [join('dist', 'bin', 'notification-streams.js'), 'demo', ...args]);
} else if (task === 'test') {
  installPrograms();
  installModules();
  build();
  say('running the tests');
  // All but the hostile suite, whose short form is among the integration tests.
  const projects = ['unit', 'contract', 'model', 'fuzz', 'integration*', 'browser', 'chaos'].flatMap((name) => [
    '--project',
    name,
  ]);
  passThrough(process.execPath, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...projects, ...args]);
} else {
  fail(`usage: node dev/bootstrap.mjs demo|test [arguments]; got: ${task ?? 'nothing'}`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.version}. See https://nodejs.org.`);
}

/** npm writes its own lock file into node_modules at the end of an installation; its age is that of the installation. */
function installModules() {
  const installed = ageOf(join(root, 'node_modules', '.package-lock.json'));
  // `npm install` writes that file a moment before package-lock.json itself.
  const tolerance = 10_000;
  if (installed !== undefined && installed + tolerance >= ageOf(join(root, 'package-lock.json'))) return;
  say(
    installed === undefined ? 'installing packages (npm ci)' : 'packages have changed: installing them again (npm ci)',
  );
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

function build() {
  say('building');
  run('npm', ['run', '--silent', 'build']);
}

function installPrograms() {
  const missing = NEEDED_BY_TESTS.filter(
    ({ programs, unless }) => !(unless && process.env[unless]) && !programs.some(onPath),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ packages }) => packages[0]).join(' ');
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    fail(
      `The tests need ${missing.map(({ programs }) => programs[0]).join(', ')}. On Debian, as root: apt-get install ${names}`,
    );
  }
  say(`installing ${names} (apt-get)`);
  const apt = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  run('apt-get', ['update', '-qq'], apt);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing.map(packageOf)], apt);
}

function packageOf({ packages }) {
  const known = packages.find((name) => succeeds('apt-cache', ['show', name]));
  return known ?? packages[0];
}

function succeeds(program, programArgs) {
  return spawnSync(program, programArgs, { stdio: 'ignore' }).status === 0;
}

/** Runs one step; when it fails, so do we, with its exit code. */
function run(program, programArgs, options = {}) {
  const { status, signal, error } = spawnSync(program, programArgs, { cwd: root, stdio: 'inherit', ...options });
  if (status === 0) return;
  const how = error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`;
  fail(`${program} ${programArgs.join(' ')} failed: ${how}`, status ?? 1);
}

/**
 * Runs the thing itself in the foreground and ends as it ends. Ctrl-C in a terminal reaches it directly, as a member of the
 * foreground process group: passing SIGINT on as well would be a second one. Every other signal comes to us alone.
 */
function passThrough(program, programArgs) {
  const child = spawn(program, programArgs, { cwd: root, stdio: 'inherit' });
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGINT', () => atTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`${program} could not be started: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.exit(signal ? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0) : code);
  });
}

function ageOf(file) {
  return existsSync(file) ? statSync(file).mtimeMs : undefined;
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      // Not in this folder.
      return false;
    }
  });
}

function say(line) {
  console.log(`[${task}] ${line}`);
}

function fail(line, code = 1) {
  console.error(`[${task ?? 'bootstrap'}] ${line}`);
  process.exit(code);
}
