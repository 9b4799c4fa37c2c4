/** Which process has a loopback socket, as Linux tells in /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Only these are asked for their sockets. */
const watched = new Set<number>();

export function watchSocketsOf(pid: number): void {
  watched.add(pid);
}

/** The watched process whose socket has this local port; undefined when none has. */
export function ownerOf(localPort: number): number | undefined {
  const inode = inodeOf(localPort);
  if (inode === undefined) return undefined;
  const link = `socket:[${inode}]`;
  for (const pid of watched) if (socketsOf(pid).includes(link)) return pid;
  return undefined;
}

function inodeOf(localPort: number): string | undefined {
  const hex = localPort.toString(16).toUpperCase().padStart(4, '0');
  for (const line of readFileSync('/proc/net/tcp', 'ascii').split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(`:${hex}`)) return columns[9];
  }
  return undefined;
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return []; // closed since the folder was listed
      }
    });
  } catch {
    watched.delete(pid); // the process is gone
    return [];
  }
}
