// Imported before a worker: says on standard error what code it reads from files once somebody can connect to it.
import { Module } from 'node:module';
import { Server } from 'node:net';
import { writeSync } from 'node:fs';

let isReachable = false;
const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  isReachable = true;
  return listen.apply(this, args);
};

// CommonJS alone, native code included. ES modules are read by a static import, before anything runs.
for (const [extension, load] of Object.entries(Module._extensions)) {
  Module._extensions[extension] = (module, file) => {
    if (isReachable) writeSync(2, `late load: ${file}\n`);
    load(module, file);
  };
}
