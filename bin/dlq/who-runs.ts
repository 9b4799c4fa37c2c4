/** Who runs a command, for what it notes. */
import { hostname, userInfo } from 'node:os';

export function whoRuns(): { readonly user: string; readonly host: string } {
  return { user: userName(), host: hostname() };
}

/** In a container the user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
