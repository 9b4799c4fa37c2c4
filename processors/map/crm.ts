/** crm: a lead was assigned, a deal won or lost, an activity is due. */
import type { CrmEvent } from '../../schemas/types.js';
import { NO_CORRECTIONS } from '../../common/correction.js';
import { ChannelSet } from '../channel-set.js';
import { dollars } from '../dollars.js';
import { carried } from './carried.js';
import { notify, type Mapper, type Mapping } from './mapping.js';

const SOURCE = { sourceService: 'crm', category: 'CRM' };

const MAPPINGS = new Map<string, Mapping<CrmEvent>>([
  [
    'LEAD_ASSIGNED',
    {
      title: 'Lead assigned',
      message: ({ entityName }) => `Lead '${entityName}' assigned to you`,
      channels: new ChannelSet(['IN_APP', 'EMAIL']),
      type: 'INFO',
    },
  ],
  ['DEAL_WON', { title: 'Deal won', message: dealWon, channels: new ChannelSet(['IN_APP', 'EMAIL']), type: 'SUCCESS' }],
  [
    'DEAL_LOST',
    {
      title: 'Deal lost',
      message: ({ entityName }) => `Deal '${entityName}' marked as lost`,
      channels: new ChannelSet(['IN_APP']),
      type: 'INFO',
    },
  ],
  [
    'ACTIVITY_DUE',
    {
      title: 'Activity due',
      message: ({ entityName }) => `Activity '${entityName}' due today`,
      channels: new ChannelSet(['IN_APP', 'PUSH']),
      type: 'WARNING',
    },
  ],
]);

export const mapCrm: Mapper<CrmEvent> = (event) => {
  const mapping = MAPPINGS.get(event.eventType);
  if (mapping === undefined) return undefined;
  return {
    topic: 'CRM_EVENT_TOPIC',
    eventId: event.eventId,
    timestamp: event.timestamp,
    tenantId: event.tenantId,
    recipients: [event.assignedTo],
    notification: notify(mapping, event, SOURCE, {
      priority: '',
      entityType: event.entityType,
      entityId: event.entityId,
      metadata: carried(event.metadata, { stage: event.stage, value: event.value }),
    }),
    directory: null,
    contact: null,
    corrections: NO_CORRECTIONS,
  };
};

function dealWon({ entityName, value }: CrmEvent): string {
  const won = `🎉 Deal '${entityName}' won!`;
  // NaN and the infinities, which a double may hold, are no value either.
  return value === null || !Number.isFinite(value) ? won : `${won} Value: ${dollars(value)}`;
}
