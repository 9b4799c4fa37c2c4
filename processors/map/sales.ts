/** sales: an order was created, paid, shipped, or its payment is due. */
import type { SalesEvent } from '../../schemas/types.js';
import { NO_CORRECTIONS } from '../../common/correction.js';
import { ChannelSet } from '../channel-set.js';
import { carried } from './carried.js';
import { notify, type Mapper, type Mapping } from './mapping.js';

const SOURCE = { sourceService: 'sales', category: 'SALES' };

const MAPPINGS = new Map<string, Mapping<SalesEvent>>([
  [
    'ORDER_CREATED',
    {
      title: 'Order created',
      message: ({ orderId }) => `New order #${orderId} created`,
      channels: new ChannelSet(['IN_APP']),
      type: 'INFO',
    },
  ],
  [
    'PAYMENT_RECEIVED',
    {
      title: 'Payment received',
      message: ({ orderId }) => `Payment received for order #${orderId}`,
      channels: new ChannelSet(['IN_APP', 'EMAIL']),
      type: 'SUCCESS',
    },
  ],
  [
    'PAYMENT_DUE',
    {
      title: 'Payment due',
      message: ({ orderId }) => `Payment due for order #${orderId}`,
      channels: new ChannelSet(['IN_APP', 'EMAIL', 'PUSH']),
      type: 'WARNING',
    },
  ],
  [
    'ORDER_SHIPPED',
    {
      title: 'Order shipped',
      message: ({ orderId }) => `Order #${orderId} has been shipped`,
      channels: new ChannelSet(['IN_APP', 'EMAIL']),
      type: 'INFO',
    },
  ],
]);

export const mapSales: Mapper<SalesEvent> = (event) => {
  const mapping = MAPPINGS.get(event.eventType);
  if (mapping === undefined) return undefined;
  return {
    topic: 'SALES_EVENT_TOPIC',
    eventId: event.eventId,
    timestamp: event.timestamp,
    tenantId: event.tenantId,
    recipients: [event.assignedTo],
    notification: notify(mapping, event, SOURCE, {
      priority: '',
      entityType: 'order',
      entityId: event.orderId,
      metadata: metadataOf(event),
    }),
    directory: null,
    contact: null,
    corrections: NO_CORRECTIONS,
  };
};

function metadataOf({ metadata, amount, currency, dueAt, customerName }: SalesEvent): Readonly<Record<string, string>> {
  return carried(metadata, { amount, currency, dueAt, customerName });
}
