/** What users are told, as lines of text. */
import type { Notice } from '../topology/testing/notices.js';

/** A channel of ours as a flag names it. */
export const CHANNEL_FLAGS = { 'in-app': 'IN_APP', email: 'EMAIL', push: 'PUSH' } as const;
export type ChannelFlag = keyof typeof CHANNEL_FLAGS;

/** `only`: one channel. */
export function noticeLines({ tenantId, userId, channels, ...texts }: Notice, only?: ChannelFlag): string[] {
  const shown = Object.entries(channels).filter(([channel]) => only === undefined || channel === CHANNEL_FLAGS[only]);
  return [
    `user ${userId} (tenant ${tenantId})`,
    ...shown.flatMap(([channel, outcome]) => [
      `  ${channel.padEnd(7)} ${outcome}`,
      ...linesOf(channel, texts).map((line) => `          ${line}`.trimEnd()),
    ]),
  ];
}

function linesOf(channel: string, { inApp, email, push }: Pick<Notice, 'inApp' | 'email' | 'push'>): string[] {
  switch (channel) {
    case 'IN_APP':
      return inApp ? [inApp.title, ...inApp.message.split('\n'), ...link(inApp.actionUrl)] : [];
    case 'EMAIL':
      return email ? [`to ${email.to.join(', ')}: ${email.subject}`, ...email.body.split('\n')] : [];
    case 'PUSH':
      return push ? [push.title, ...push.body.split('\n'), ...link(push.actionUrl)] : [];
    default:
      return [];
  }
}

function link(url: string | null): string[] {
  return url === null ? [] : [`-> ${url}`];
}
