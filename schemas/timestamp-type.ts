/** Timestamps: ours are milliseconds; a writer's of another unit is converted when its schema says so. */
import avsc from 'avsc';
import { longType, readLong, type Tap } from './long-type.js';

type Read = (tap: Tap) => bigint;

/** What avsc's types have, besides what they declare. */
interface ResolvingType {
  _read(tap: Tap): unknown;
  _update(resolver: { _read?: Read }, writer: avsc.Type): void;
}

const DAY_MS = 86_400_000n;
const long = longType as unknown as ResolvingType;

const microsType = Object.create(longType) as avsc.Type;
const nanosType = Object.create(longType) as avsc.Type;
const dateType = Object.create(new avsc.types.IntType()) as avsc.Type;

/** By the writer's type, how its value is read as milliseconds. */
const reads = new Map<avsc.Type, Read>([
  [microsType, (tap) => floorDiv(readLong(tap), 1000n)],
  [nanosType, (tap) => floorDiv(readLong(tap), 1_000_000n)],
  [dateType, (tap) => BigInt((dateType as unknown as ResolvingType)._read(tap) as number) * DAY_MS],
]);

/** A timestamp as we read it: from a writer's long as it is, from another unit in milliseconds. */
const millisType = Object.create(longType, {
  _update: {
    value(this: ResolvingType, resolver: { _read?: Read }, writer: avsc.Type): void {
      const read = reads.get(writer);
      if (read === undefined) long._update.call(this, resolver, writer);
      else resolver._read = read;
    },
  },
}) as avsc.Type;

/** Without a zone they are taken for UTC: there is nothing better to take them for. */
const TYPES: Readonly<Record<string, avsc.Type | undefined>> = {
  'long timestamp-millis': millisType,
  'long local-timestamp-millis': millisType,
  'long timestamp-micros': microsType,
  'long local-timestamp-micros': microsType,
  'long timestamp-nanos': nanosType,
  'long local-timestamp-nanos': nanosType,
  'int date': dateType,
};

/** The type of a logical type that says when; undefined for any other. */
export function timestampType(type: string, logicalType: unknown): avsc.Type | undefined {
  return TYPES[`${type} ${String(logicalType)}`];
}

/** Whether values of the type must be converted: where bytes of one schema would else be read as those of another. */
export function isOtherUnit(type: avsc.Type): boolean {
  return reads.has(type);
}

function floorDiv(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}
