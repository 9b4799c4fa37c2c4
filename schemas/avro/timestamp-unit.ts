/** Timestamps: ours are milliseconds; a writer's of another unit is converted when its schema says so. */
import type { PrimitiveType } from './writer-type.js';

const DAY_MS = 86_400_000n;

/** By logical type; without a zone they are taken for UTC: there is nothing better to take them for. */
const UNITS_A_MILLISECOND = new Map([
  ['timestamp-micros', 1000n],
  ['local-timestamp-micros', 1000n],
  ['timestamp-nanos', 1_000_000n],
  ['local-timestamp-nanos', 1_000_000n],
]);

/** How many of a long's units are a millisecond; 1 for one that is no time of another unit. */
export function unitsAMillisecond({ logicalType = '' }: PrimitiveType): bigint {
  return UNITS_A_MILLISECOND.get(logicalType) ?? 1n;
}

/** How a writer's value becomes milliseconds; undefined where it is taken for what it is. */
export function millisOf(type: PrimitiveType): ((value: bigint) => bigint) | undefined {
  if (type.kind === 'int') return type.logicalType === 'date' ? (value) => value * DAY_MS : undefined;
  const units = unitsAMillisecond(type);
  return type.kind === 'long' && units > 1n ? (value) => floorDiv(value, units) : undefined;
}

/** Whether the bytes of a long mean the same for both. */
export function isOfOneUnit(writer: PrimitiveType, own: PrimitiveType): boolean {
  return own.logicalType === undefined || millisOf(writer) === undefined;
}

function floorDiv(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}
