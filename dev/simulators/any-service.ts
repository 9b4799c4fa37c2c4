/** Any service of the ERP that asks for a notification as it stands: to one user or many, on the channels it names. */
import type { NotificationRequestEvent } from '../../schemas/types.js';
import type { Service, World } from './simulated-event.js';
import type { Person } from './staff.js';

type Wish = Pick<
  NotificationRequestEvent,
  'title' | 'message' | 'type' | 'category' | 'priority' | 'sourceService' | 'channels' | 'actionUrl' | 'templateCode'
>;

const WISHES: readonly Wish[] = [
  {
    title: 'Your export is ready',
    message: 'The customer list can be downloaded until tomorrow.',
    type: 'SUCCESS',
    category: 'SYSTEM',
    priority: 'NORMAL',
    sourceService: 'reporting',
    channels: ['IN_APP', 'EMAIL'],
    actionUrl: '/exports/latest',
    templateCode: null,
  },
  {
    title: 'Stock is low',
    message: 'Fewer than 20 boxes of "Robusta 1 kg" are left.',
    type: 'WARNING',
    category: 'INVENTORY',
    priority: 'NORMAL',
    sourceService: 'inventory',
    // None named means IN_APP.
    channels: [],
    actionUrl: 'https://erp.example/stock/robusta-1kg',
    templateCode: null,
  },
  {
    title: 'Maintenance tonight',
    message: 'The ERP will be offline from 23:00 to 23:30.',
    type: 'INFO',
    category: 'SYSTEM',
    priority: 'HIGH',
    sourceService: 'operations',
    channels: ['IN_APP', 'PUSH', 'PUSH'],
    actionUrl: null,
    templateCode: null,
  },
  {
    title: 'Sign-in from a new device',
    message: 'If this was not you, change your password.',
    type: 'ERROR',
    category: 'SECURITY',
    priority: 'HIGH',
    sourceService: 'gatekeeper',
    channels: ['IN_APP', 'EMAIL', 'SMS'],
    actionUrl: '/account/sessions',
    templateCode: null,
  },
  {
    title: 'Payslip for this month',
    message: 'Your payslip is in your mailbox.',
    type: 'INFO',
    category: 'HR',
    priority: 'LOW',
    sourceService: 'payroll',
    channels: ['EMAIL'],
    actionUrl: null,
    // Not one of ours: mailservice gets it with its values.
    templateCode: 'payslip-v2',
  },
];

const HOUR_MS = 3_600_000;
const MOST_RECIPIENTS = 6;

export const anyService: Service = (world) => {
  const { random, staff, now } = world;
  const wish = random.pick(WISHES);
  // A request is taken as it is, whatever its type says.
  const eventType = random.chance(0.005) ? '' : 'CREATE_NOTIFICATION';
  const isExpired = random.chance(0.05);
  const person = staff.anyone();
  const recipients = random.chance(0.2) ? [person, ...someColleagues(world, person)] : [person];
  const eventId = `request-${random.hex(16)}`;
  return {
    topic: 'NOTIFICATION_REQUEST_TOPIC',
    key: eventId,
    event: {
      ...wish,
      eventId,
      eventType,
      timestamp: BigInt(now()),
      tenantId: person.tenantId,
      // A bulk request names the same user twice now and then.
      ...(recipients.length === 1
        ? { userId: person.userId, userIds: [] }
        : { userId: random.chance(0.5) ? person.userId : 0n, userIds: recipients.map(({ userId }) => userId) }),
      sourceEventId: '',
      actionType: wish.actionUrl === null ? null : 'OPEN',
      entityType: null,
      entityId: null,
      expiresAt: isExpired ? BigInt(now() - 60_000) : random.chance(0.3) ? BigInt(now() + 24 * HOUR_MS) : null,
      metadata: { requestedBy: wish.sourceService },
      templateVars: wish.templateCode === null ? {} : { month: '2026-01' },
    },
  };
};

function someColleagues({ random, staff }: World, person: Person): readonly Person[] {
  const first = random.below(5);
  return staff.colleaguesOf(person).slice(first, first + 1 + random.below(MOST_RECIPIENTS - 1));
}
