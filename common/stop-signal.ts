/** What ends the waiting of an object that stops. */
import { setMaxListeners } from 'node:events';

/** Any number may wait on its signal: Node takes more than ten for a leak, and says so on standard error. */
export function stopController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
