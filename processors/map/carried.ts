/** What an event carries beyond its message, for clients and apps: texts by name. */

/** Null, an empty text, and a time of 0, which is how Go says none, are not given; nor are numbers that no JSON can hold. */
type Field = string | number | bigint | null;

/** The event's own metadata, and each of its fields that is given; the field wins over metadata of its name. */
export function carried(
  metadata: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, Field>>,
): Readonly<Record<string, string>> {
  // No prototype: metadata may be called `__proto__`.
  const all = Object.assign(Object.create(null) as Record<string, string>, metadata);
  for (const [name, value] of Object.entries(fields)) if (isGiven(value)) all[name] = String(value);
  return all;
}

function isGiven(value: Field): value is Exclude<Field, null> {
  if (typeof value === 'number') return Number.isFinite(value);
  return value !== null && value !== '' && value !== 0n;
}
