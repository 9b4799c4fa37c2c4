/**
 * Leaves in node_modules what a worker on this platform and this Node needs: of the native libraries that come for every
 * platform the one, and no sources, types or documents. Licences stay. Run in the image's build stage, and by the test of it:
 *
 *     node deploy/image/prune.mjs node_modules
 */
import { existsSync, readdirSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

const { platform, arch, versions } = process;
const SOCKETS = `uws_${platform}_${arch}_${versions.modules}.node`;

/** Native code that is not loaded here: of sockets, and of lmdb, which comes by the ABI of Node and once for all of them. */
const isForeign = (name) =>
  (name.startsWith('uws_') && name !== SOCKETS) ||
  (/^node\.abi\d+\./.test(name) && !name.startsWith(`node.abi${versions.modules}.`)) ||
  name.endsWith('.musl.node');

/** What nothing at run time reads. */
const isUnread = (name) => /\.([cm]?ts|map|c|cc|cpp|h|o)$/.test(name) || isPage(name);
const isPage = (name) => /\.(md|markdown)$/i.test(name) && !/^(licen[cs]e|notice|copying)/i.test(name);

const root = process.argv[2];
if (root === undefined || !existsSync(join(root, 'uWebSockets.js', SOCKETS))) {
  process.stderr.write(`expected a node_modules with uWebSockets.js/${SOCKETS} in it: ${root ?? 'none was named'}\n`);
  process.exit(2);
}

let removed = 0;
for (const folder of ['docs', 'examples', 'misc', 'mvp', 'scripts', 'src', 'tests'])
  rmSync(join(root, 'uWebSockets.js', folder), { recursive: true, force: true });
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !(isForeign(entry.name) || isUnread(entry.name))) continue;
  removed += statSync(path).size;
  rmSync(path);
}
removeEmpty(root);
process.stdout.write(`removed ${Math.round(removed / 1e6)} MB from ${basename(root)}, kept ${SOCKETS}\n`);

/** True when the folder held nothing, and is gone. */
function removeEmpty(folder) {
  const left = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => !entry.isDirectory() || !removeEmpty(join(folder, entry.name)),
  );
  if (left.length === 0) rmdirSync(folder);
  return left.length === 0;
}
