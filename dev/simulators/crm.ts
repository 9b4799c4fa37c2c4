/** crm: leads are assigned, deals won or lost, activities fall due. */
import type { Service } from './simulated-event.js';

const COMPANIES = [
  'Acme Robotics',
  'Lotus Foods',
  'Bäckerei Sommer',
  "O'Neill & Sons",
  'Delta Shipping',
  'Hòa Phát Steel',
];
const ACTIVITIES = ['Call back about the offer', 'Site visit', 'Demo for the board', 'Renewal talk'];

/** LEAD_SCORED is none of the contract's. */
const MIX = { LEAD_ASSIGNED: 35, ACTIVITY_DUE: 35, DEAL_WON: 16, DEAL_LOST: 13.5, LEAD_SCORED: 0.5 };

export const crm: Service = ({ random, staff, now }) => {
  const eventType = random.weighted(MIX);
  const person = staff.anyone();
  const eventId = `crm-${random.hex(16)}`;
  const isActivity = eventType === 'ACTIVITY_DUE';
  const entityName = random.pick(isActivity ? ACTIVITIES : COMPANIES);
  const value = eventType === 'DEAL_WON' && random.chance(0.85) ? amount(random.below(400_000)) : null;
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
  };
};

/** Dollars, with halves as often as not: a double holds them exactly. */
function amount(halves: number): number {
  return 100 + halves / 2;
}
