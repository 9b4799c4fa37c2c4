/** sales: orders are created, paid or to be paid, and shipped. */
import type { Service } from './simulated-event.js';

const CUSTOMERS = ['Café Phin', 'Atlas Logistics', 'Green Valley Farm', 'Kaufhaus Nord', 'Sunrise Dental'] as const;
const DAY_MS = 86_400_000;

/** ORDER_ARCHIVED is none of the contract's. */
const MIX = { ORDER_CREATED: 40, PAYMENT_RECEIVED: 25, ORDER_SHIPPED: 22, PAYMENT_DUE: 12.5, ORDER_ARCHIVED: 0.5 };

export const sales: Service = ({ random, staff, now }) => {
  const eventType = random.weighted(MIX);
  const person = staff.anyone();
  const eventId = `sales-${random.hex(16)}`;
  const orderId = BigInt(880_000 + random.below(20_000));
  return {
    topic: 'SALES_EVENT_TOPIC',
    key: eventId,
    event: {
      eventId,
      eventType,
      timestamp: BigInt(now()),
      orderId,
      customerId: BigInt(300 + random.below(80)),
      customerName: random.pick(CUSTOMERS),
      userId: staff.colleagueOf(person).userId,
      assignedTo: person.userId,
      tenantId: person.tenantId,
      amount: 20 + random.below(90_000) / 100,
      currency: random.pick(['USD', 'EUR', 'VND']),
      dueAt: eventType === 'PAYMENT_DUE' ? BigInt(now() + random.below(5) * DAY_MS) : null,
      metadata: {},
    },
  };
};
