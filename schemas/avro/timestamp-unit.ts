/** Timestamps: ours are milliseconds; a writer's of another unit is converted when its schema says so. */
import type { PrimitiveType } from './writer-type.js';

const DAY_MS = 86_400_000n;

/** Without a zone they are taken for UTC: there is nothing better to take them for. */
const UNITS: Readonly<Record<string, ((value: bigint) => bigint) | undefined>> = {
  'long timestamp-micros': (value) => floorDiv(value, 1000n),
  'long local-timestamp-micros': (value) => floorDiv(value, 1000n),
  'long timestamp-nanos': (value) => floorDiv(value, 1_000_000n),
  'long local-timestamp-nanos': (value) => floorDiv(value, 1_000_000n),
  'int date': (value) => value * DAY_MS,
};

/** How a writer's value becomes milliseconds; undefined where it is taken for what it is. */
export function millisOf({ kind, logicalType }: PrimitiveType): ((value: bigint) => bigint) | undefined {
  return Object.hasOwn(UNITS, `${kind} ${logicalType}`) ? UNITS[`${kind} ${logicalType}`] : undefined;
}

/** Whether the bytes of a long mean the same for both. */
export function isOfOneUnit(writer: PrimitiveType, own: PrimitiveType): boolean {
  return own.logicalType === undefined || millisOf(writer) === undefined;
}

function floorDiv(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}
