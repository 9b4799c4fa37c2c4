/** Event -> what its recipients are told. One mapper a source; the checks that hold for all of them are here. */
import type { Processor, Services } from '../processor.js';
import type { SourceEvent } from '../../schemas/codecs.js';
import type { ProcessorContext } from '../context.js';
import { deadLetter, drop, forward } from '../outcome.js';
import { createActionUrlRule } from '../action-url.js';
import type { MappedEvent } from '../mapped-event.js';
import { mapAccount } from './account.js';
import { mapCrm } from './crm.js';
import { faultOf } from './fault-of.js';
import { createMapRequest } from './request.js';
import { mapSales } from './sales.js';
import { mapTask } from './task.js';

/** The type itself is in the dead letter. */
const UNKNOWN = 'the eventType is none that this version knows';

export function createMap({
  templates,
  actionUrlSchemes,
  unknownTypes,
}: Pick<Services, 'templates' | 'actionUrlSchemes' | 'unknownTypes'>): Processor<SourceEvent, MappedEvent> {
  const mapRequest = createMapRequest(templates, createActionUrlRule(actionUrlSchemes));
  const unknown = unknownTypes === 'skip' ? drop('unknown-type') : deadLetter('unknown-type', UNKNOWN);
  return (source, context) => {
    const event = mapEvent(source, mapRequest, context);
    if (event === undefined) return unknown;
    const fault = faultOf(event);
    return fault === undefined ? forward(event) : deadLetter('invalid-event', fault);
  };
}

function mapEvent(
  source: SourceEvent,
  mapRequest: ReturnType<typeof createMapRequest>,
  context: ProcessorContext,
): MappedEvent | undefined {
  switch (source.topic) {
    case 'NOTIFICATION_REQUEST_TOPIC':
      return mapRequest(source.event, context);
    case 'TASK_EVENT_TOPIC':
      return mapTask(source.event, context);
    case 'CRM_EVENT_TOPIC':
      return mapCrm(source.event, context);
    case 'SALES_EVENT_TOPIC':
      return mapSales(source.event, context);
    case 'USER_EVENT_TOPIC':
      return mapAccount(source.event, context);
  }
}
