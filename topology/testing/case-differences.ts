/** What differs between what a case expects and what came of its event, in words. */
import { isDeepStrictEqual } from 'node:util';
import type { ExpectedNotice, RuleCase } from '../../processors/rules/case-shape.js';
import type { Path } from '../../processors/rules/yaml-file.js';
import type { Driven } from './driver.js';
import { drivenNotices, type Notice } from './notices.js';

/** Notes a difference from what stands at a path within `expect`. */
export type NoteDifference = (path: Path, message: string) => void;

/** Notes each difference. */
export function compareCase(expected: RuleCase['expect'], { processed, outputs }: Driven, note: NoteDifference): void {
  if ('deadLetter' in expected) {
    const reason = processed.kind === 'dead-lettered' ? processed.cause.reason : undefined;
    if (reason !== expected.deadLetter)
      note(['deadLetter'], `expected a dead letter, ${expected.deadLetter}; got ${became(processed)}`);
    return;
  }
  if ('skipped' in expected) {
    const reason = processed.kind === 'dropped' ? processed.reason : undefined;
    if (reason !== expected.skipped)
      note(['skipped'], `expected to be skipped, ${expected.skipped}; got ${became(processed)}`);
    return;
  }
  if (processed.kind !== 'forwarded') {
    note(
      [],
      `expected ${expected.length === 1 ? 'a notification' : `${expected.length} notifications`}; got ${became(processed)}`,
    );
    return;
  }
  compareNotices(expected, drivenNotices(outputs), note);
}

/** What the stream has made of an event, in words. */
export function became(processed: Driven['processed']): string {
  switch (processed.kind) {
    case 'dead-lettered':
      return `a dead letter, ${processed.cause.reason}: ${processed.cause.message}`;
    case 'dropped':
      return `skipped, ${processed.reason}`;
    case 'forwarded':
      return 'what the stream makes of a sound event';
    case 'unfinished':
    case 'unresolved':
    case 'unsettled':
    case 'waiting':
      return processed.kind;
  }
}

function compareNotices(expected: readonly ExpectedNotice[], notices: readonly Notice[], note: NoteDifference): void {
  for (const [at, { user, ...parts }] of expected.entries()) {
    const notice = notices.find(({ userId }) => String(userId) === user);
    if (notice === undefined) {
      const others = notices.map(({ userId }) => userId).join(', ') || 'nobody';
      note([at, 'user'], `user ${user}: expected to be told; told is ${others}`);
    } else compareParts(parts, partsOf(notice), [at], `user ${user}: `, note);
  }
  for (const { userId, channels } of notices) {
    if (expected.some(({ user }) => user === String(userId))) continue;
    note([], `user ${userId}: expected not to be told; told by ${Object.keys(channels).join(', ')}`);
  }
}

type Parts = Readonly<Record<string, unknown>>;
const INNER = new Set(['email', 'push']);

/** `expected`: as much as the case names. */
function compareParts(expected: Parts, got: Parts, path: Path, where: string, note: NoteDifference): void {
  for (const [name, value] of Object.entries(expected)) {
    const other = got[name];
    if (value === undefined || isDeepStrictEqual(value, other)) continue;
    if (INNER.has(name) && other !== undefined) {
      compareParts(value as Parts, other as Parts, [...path, name], `${where}${name}.`, note);
    } else note([...path, name], `${where}${name}: ${difference(value, other)}`);
  }
}

/** As ISO 8601 has it; ms where no calendar has such a time. */
function timeOf(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

/** As a case writes them; undefined where no channel carries it. */
function partsOf({ channels, inApp, email, push }: Notice): Parts {
  const { type, category, entityType, entityId } = inApp ?? {};
  const expiresAt = inApp === undefined ? push?.expiresAt : inApp.expiresAt;
  return {
    title: inApp?.title ?? push?.title,
    message: inApp?.message ?? push?.body ?? email?.body,
    ...{ type, category, channels },
    priority: (inApp ?? email ?? push)?.priority,
    actionUrl: (inApp ?? push)?.actionUrl,
    entity: inApp && (entityType === null ? null : { type: entityType, id: String(entityId) }),
    metadata: plain(inApp?.metadata ?? push?.data),
    expiresAt: typeof expiresAt === 'bigint' ? timeOf(expiresAt) : expiresAt,
    email: email && { to: email.to, subject: email.subject, body: email.body, bodyHtml: email.bodyHtml },
    push: push && {
      devices: push.deviceTokens,
      title: push.title,
      body: push.body,
      actionUrl: push.actionUrl,
      data: plain(push.data),
    },
  };
}

/** What Avro reads has no prototype. */
function plain(values: Readonly<Record<string, string>> | undefined): Parts | undefined {
  return values && { ...values };
}

const LONG = 160;
const BEFORE = 40;
const BEHIND = 80;

/** Around the first character that differs, of long texts. */
function difference(expected: unknown, got: unknown): string {
  if (typeof expected !== 'string' || typeof got !== 'string' || Math.max(expected.length, got.length) <= LONG) {
    return `expected ${said(expected)}, got ${said(got)}`;
  }
  let at = 0;
  while (expected[at] === got[at]) at += 1;
  const cut = (text: string): string =>
    `${at > BEFORE ? '…' : ''}${text.slice(Math.max(0, at - BEFORE), at + BEHIND)}${text.length > at + BEHIND ? '…' : ''}`;
  return `from character ${at + 1} on expected ${said(cut(expected))}, got ${said(cut(got))}`;
}

function said(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
