/** What must not be sent: addresses of pages that are traps, addresses of mail that are lists, texts that are headers. */
import { expect } from 'vitest';

import type { NotificationRequestEvent } from '../../../schemas/types.js';
import type { Outputs } from '../../integration/harness/outputs.js';
import type { Sent } from '../../integration/harness/workload.js';
import type { ContentScene } from '../content-scene.js';
import type { Try, TryGroup } from '../try.js';

const TRAPS = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'ftp://example.com/x',
  'blob:https://example.com/1',
  'http://user:pass@example.com/',
  'https://erp.example.com@evil.example.com/',
  '//evil.example.com/path',
  '/\\evil.example.com',
  'https://example.com/\u202egpj.exe',
  'https://example.com/\u2066x\u2069',
  'https://example.com/\r\nSet-Cookie: a=b',
  'https://example.com/\0',
];
const PATHS = ['https://erp.example.com/tasks/1', 'http://erp.example.com/a?b=c#d', '/tasks/1?tab=2'];

const ADDRESSES = [
  'a@b,c@d',
  'a@b.example.com, c@d.example.com',
  'a@b.example.com;c@d.example.com',
  'Bcc: z@z',
  'a@b.example.com\r\nBcc: z@z.example.com',
  'Name <a@b.example.com>',
  '"a b"@example.com',
  '<a@b.example.com>',
  'a@@b.example.com',
  '@example.com',
  'a@',
  '.a@example.com',
  'a..b@example.com',
  'a@example.com ',
  'a @example.com',
  'a@b.example.com\0',
  'a'.repeat(900_000) + '@example.com',
  'a'.repeat(250) + '@example.com',
];

interface ContentTry extends Omit<Try<ContentScene>, 'run'> {
  readonly act: (scene: ContentScene, name: string) => Promise<void>;
}

let count = 0;
function contentTry(options: ContentTry): Try<ContentScene> {
  return {
    ...options,
    run: async (scene) => {
      count += 1;
      await options.act(scene, `try-${count}`);
      expect(scene.worker.process.ended, 'the end of the worker').toBeUndefined();
    },
  };
}

function requestWith(scene: ContentScene, fields: Partial<NotificationRequestEvent>): Sent {
  return scene.messages.request({ channels: ['IN_APP', 'EMAIL', 'PUSH'], ...fields });
}

/** Whatever is on any output about an event, as text. */
function everythingOf(outputs: Outputs, eventId: string): string {
  const all = [...outputs.inApp, ...outputs.emails, ...outputs.pushes].filter((output) => output.eventId === eventId);
  return JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

export const CONTENT: TryGroup<ContentScene> = {
  title: 'content',
  against: 'a stream worker',
  tries: [
    contentTry({
      name: `${TRAPS.length} action URLs that are traps, ${PATHS.length} that are none`,
      holds: 'traps are in no output, and counted; the others are in all of them',
      before: '`javascript:`, `data:`, `file:`, credentials and bidirectional controls went out',
      isShort: true,
      act: async (scene, name) => {
        const userId = scene.nextUser();
        const urls = [...TRAPS, ...PATHS];
        const outputs = await scene.outputsOf([
          scene.messages.user({ eventId: `${name}-user`, userId }),
          ...urls.map((actionUrl, index) => requestWith(scene, { eventId: `${name}-${index}`, userId, actionUrl })),
        ]);
        for (const [index, url] of urls.entries()) {
          const eventId = `${name}-${index}`;
          const isTrap = index < TRAPS.length;
          const inApp = outputs.inApp.find((output) => output.eventId === eventId)!;
          expect(inApp.actionUrl, url).toBe(isTrap ? null : url);
          const email = outputs.emails.find((output) => output.eventId === eventId)!;
          expect(email.body.includes(url), `the body of ${url}`).toBe(!isTrap);
          expect(/href/.test(email.bodyHtml), `the HTML of ${url}`).toBe(!isTrap);
          if (isTrap) expect(everythingOf(outputs, eventId)).not.toContain(JSON.stringify(url).slice(1, -1));
        }
      },
    }),
    contentTry({
      name: `${ADDRESSES.length} addresses that are no addr-spec`,
      holds: 'no e-mail, the delivery record says NO_ADDRESS',
      before: '13 of 17 passed',
      isShort: true,
      act: async (scene, name) => {
        const users = ADDRESSES.map((email) => ({ email, userId: scene.nextUser() }));
        const outputs = await scene.outputsOf([
          ...users.map(({ email, userId }, index) =>
            scene.messages.user({ eventId: `${name}-user-${index}`, userId, email }),
          ),
          ...users.map(({ userId }, index) =>
            scene.messages.request({ eventId: `${name}-${index}`, userId, channels: ['EMAIL'] }),
          ),
        ]);
        const ofTry = ({ eventId }: { readonly eventId: string }): boolean => eventId.startsWith(`${name}-`);
        expect(outputs.emails.filter(ofTry).flatMap(({ to }) => to.map((one) => one.slice(0, 60)))).toEqual([]);
        const delivered = outputs.delivered.filter(ofTry).flatMap(({ deliveries }) => deliveries);
        expect(delivered).toHaveLength(ADDRESSES.length);
        expect(delivered.filter(({ reason }) => reason !== 'NO_ADDRESS')).toEqual([]);
      },
    }),
    contentTry({
      name: 'a title with CR LF, bidirectional controls and 100 KB, as the subject of an e-mail',
      holds: 'one line of at most 255 characters',
      isShort: true,
      act: async (scene, name) => {
        const userId = scene.nextUser();
        const outputs = await scene.outputsOf([
          scene.messages.user({ eventId: `${name}-user`, userId }),
          requestWith(scene, {
            eventId: name,
            userId,
            title: `Hello\r\nBcc: z@z.example.com\r\n\r\n${'\u202e𝕏'.repeat(20_000)}`,
          }),
        ]);
        const { subject } = outputs.emails.find(({ eventId }) => eventId === name)!;
        expect(subject).not.toMatch(/[\r\n\u2028\u2029\0]/);
        expect(Array.from(subject).length).toBeLessThanOrEqual(255);
      },
    }),
    contentTry({
      name: 'markup in every text of an event',
      holds: 'it is escaped in the HTML of the e-mail',
      act: async (scene, name) => {
        const userId = scene.nextUser();
        const markup = `<img src=x onerror=alert(1)>"'&{{constructor}}`;
        const outputs = await scene.outputsOf([
          scene.messages.user({ eventId: `${name}-user`, userId, fullName: markup }),
          requestWith(scene, { eventId: name, userId, title: markup, message: markup }),
        ]);
        const { bodyHtml, body } = outputs.emails.find(({ eventId }) => eventId === name)!;
        expect(bodyHtml).not.toContain('<img');
        expect(body).toContain(markup);
      },
    }),
    contentTry({
      name: '300 device tokens, ten of them of 5 KB',
      holds: 'a push to the first 100 that are no longer than 4 KB',
      before: 'all went out',
      isShort: true,
      act: async (scene, name) => {
        const userId = scene.nextUser();
        const deviceTokens = Array.from({ length: 300 }, (_, index) =>
          index < 10 ? `long-${index}-${'x'.repeat(5000)}` : `device-${index}`,
        );
        await scene.outputsOf([scene.messages.user({ eventId: `${name}-user`, userId, deviceTokens })]);
        const outputs = await scene.outputsOf([requestWith(scene, { eventId: name, userId, channels: ['PUSH'] })]);
        const push = outputs.pushes.find(({ eventId }) => eventId === name)!;
        const sentTo = push.deviceTokens;
        expect(sentTo.length).toBeLessThanOrEqual(100);
        expect(sentTo.length).toBeGreaterThanOrEqual(90);
        expect(sentTo.filter((token) => token.length > 4096)).toEqual([]);
      },
    }),
    contentTry({
      name: 'an account event stamped in microseconds, then a newer one',
      holds: 'the newer one wins',
      before: 'the first one’s address stayed for good',
      isShort: true,
      act: async (scene, name) => {
        const userId = scene.nextUser();
        const timestamp = BigInt(Date.now());
        const outputs = await scene
          .outputsOf([
            scene.messages.user({
              eventId: `${name}-1`,
              userId,
              email: 'old@example.com',
              timestamp: timestamp * 1000n,
            }),
          ])
          .then(() =>
            scene.outputsOf([
              scene.messages.user({
                eventId: `${name}-2`,
                userId,
                email: 'new@example.com',
                timestamp: timestamp + 1000n,
              }),
            ]),
          )
          .then(() => scene.outputsOf([requestWith(scene, { eventId: name, userId, channels: ['EMAIL'] })]));
        const { to } = outputs.emails.find(({ eventId }) => eventId === name)!;
        expect(to).toEqual(['new@example.com']);
      },
    }),
  ],
};
