/** When the brokers do what nobody asked them for: markers, timeouts, the end of a long poll. */
export interface Scheduler {
  now(): number;
  /** Once the time has come, and not before the present work is done. */
  later(what: string, run: () => void, afterMs?: number): void;
}
