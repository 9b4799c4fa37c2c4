/**
 * The last net under a test run: a shell that waits for the death of this process, however it comes (SIGKILL too, when no
 * hook of ours runs), and then kills what it left behind.
 */
import { spawn } from 'node:child_process';

/** Kills the process with this pid when we die; ends by itself when that process ends first. */
export function guardProcess(pid: number): void {
  guard(
    'while kill -0 "$1" 2>/dev/null; do kill -0 "$2" 2>/dev/null || exit 0; sleep 1; done; kill -9 "$2" 2>/dev/null',
    String(pid),
  );
}

/** Kills the members of the stack in this folder, and deletes it, when we die; ends by itself when the folder is gone. */
export function guardStack(root: string): void {
  guard(
    'while kill -0 "$1" 2>/dev/null; do [ -d "$2" ] || exit 0; sleep 1; done; ' +
      'for file in "$2"/run/*.pid; do kill -9 "$(cat "$file")" 2>/dev/null; done; rm -rf "$2"',
    root,
  );
}

function guard(script: string, what: string): void {
  spawn('sh', ['-c', script, 'guard', String(process.pid), what], { detached: true, stdio: 'ignore' }).unref();
}
