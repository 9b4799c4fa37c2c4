/** crm: leads are assigned, deals won or lost, activities fall due. */
import type { CrmEvent } from '../../schemas/types.js';
import type { Service } from './simulated-event.js';
import { outputsOf } from './expected-outputs.js';

const COMPANIES = [
  'Acme Robotics',
  'Lotus Foods',
  'Bäckerei Sommer',
  "O'Neill & Sons",
  'Delta Shipping',
  'Hòa Phát Steel',
];
const ACTIVITIES = ['Call back about the offer', 'Site visit', 'Demo for the board', 'Renewal talk'];

interface Row {
  readonly title: string;
  readonly message: (event: Pick<CrmEvent, 'entityName' | 'value'>) => string;
  readonly channels: readonly string[];
}

const ROWS: Readonly<Record<string, Row>> = {
  LEAD_ASSIGNED: {
    title: 'Lead assigned',
    message: ({ entityName }) => `Lead '${entityName}' assigned to you`,
    channels: ['IN_APP', 'EMAIL'],
  },
  DEAL_WON: { title: 'Deal won', message: dealWon, channels: ['IN_APP', 'EMAIL'] },
  DEAL_LOST: {
    title: 'Deal lost',
    message: ({ entityName }) => `Deal '${entityName}' marked as lost`,
    channels: ['IN_APP'],
  },
  ACTIVITY_DUE: {
    title: 'Activity due',
    message: ({ entityName }) => `Activity '${entityName}' due today`,
    channels: ['IN_APP', 'PUSH'],
  },
};

/** LEAD_SCORED is none of the contract's. */
const MIX = { LEAD_ASSIGNED: 35, ACTIVITY_DUE: 35, DEAL_WON: 16, DEAL_LOST: 13.5, LEAD_SCORED: 0.5 };

export const crm: Service = ({ random, staff, now }) => {
  const eventType = random.weighted(MIX);
  const person = staff.anyone();
  const eventId = `crm-${random.hex(16)}`;
  const isActivity = eventType === 'ACTIVITY_DUE';
  const entityName = random.pick(isActivity ? ACTIVITIES : COMPANIES);
  const value = eventType === 'DEAL_WON' && random.chance(0.85) ? amount(random.below(400_000)) : null;
  const row = ROWS[eventType];
  const message = row?.message({ entityName, value }) ?? '';
  return {
    topic: 'CRM_EVENT_TOPIC',
    key: eventId,
    event: {
      eventId,
      eventType,
      timestamp: BigInt(now()),
      entityType: isActivity ? 'activity' : eventType.startsWith('LEAD') ? 'lead' : 'opportunity',
      entityId: BigInt(7_000 + random.below(2_000)),
      entityName,
      userId: staff.colleagueOf(person).userId,
      assignedTo: person.userId,
      tenantId: person.tenantId,
      value,
      stage: eventType === 'DEAL_WON' ? 'closed-won' : null,
      metadata: {},
    },
    expected:
      row &&
      outputsOf({
        eventId,
        recipients: [person],
        ...row,
        message,
        subject: message,
        priority: 'NORMAL',
        isExpired: false,
      }),
  };
};

/** Dollars, with halves as often as not: a double holds them exactly. */
function amount(halves: number): number {
  return 100 + halves / 2;
}

function dealWon({ entityName, value }: Pick<CrmEvent, 'entityName' | 'value'>): string {
  const won = `🎉 Deal '${entityName}' won!`;
  if (value === null) return won;
  const digits = Number.isInteger(value) ? 0 : 2;
  return `${won} Value: $${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
