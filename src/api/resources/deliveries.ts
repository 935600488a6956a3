import type { ApiContext } from './context.js';
import { withBody } from '../http/json-body.js';
import type { DeliverySelection } from '../../model/delivery.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json } from '../http/reply.js';
import {
  byId,
  deliveriesQuery,
  deliverySchema,
  deliveryStorySchema,
  encodeCursor,
  noParams,
  PAGE,
  pageOf,
  replayedSchema,
  replaySchema,
} from '../http/schemas.js';
import type { SharedPorts } from '../ports.js';

/** What is asked of deliveries. */
export interface DeliveryPorts extends Pick<SharedPorts, 'queries'> {
  /** Makes a delivery due again and wakes its sender; false when there is none of that id. */
  replay(deliveryId: string): Promise<boolean>;
  /** The same for all that match; answers how many. */
  replayAll(selection: DeliverySelection): Promise<number>;
  /** Names of the targets at a host, as configured now; `host` with its port or without. */
  readonly targetsAt: (host: string) => readonly string[];
}

const listDeliveries = ({ ports }: ApiContext<DeliveryPorts>): ApiOperation =>
  operation({
    id: 'listDeliveries',
    method: 'get',
    path: '/v1/deliveries',
    tag: 'Deliveries',
    summary: 'Lists deliveries of reports, events and turns with their state, newest first.',
    access: 'key',
    params: noParams,
    query: deliveriesQuery,
    answers: { 200: { description: 'A page of deliveries.', schema: pageOf(deliverySchema) } },
    async handle({ query: { limit, cursor, ...asked } }) {
      const page = await ports.queries.deliveries(selectionOf(ports, asked), { limit: limit ?? PAGE, after: cursor ?? null });
      return json({ items: page.items, next: encodeCursor(page.next) });
    },
  });

/** What is asked for, with the targets of a host by name. */
function selectionOf(
  { targetsAt }: DeliveryPorts,
  { host, ...selection }: DeliverySelection & { readonly host?: string | undefined },
): DeliverySelection {
  return host === undefined ? selection : { ...selection, targets: targetsAt(host) };
}

const oneDelivery = ({ ports }: ApiContext<DeliveryPorts>): ApiOperation =>
  operation({
    id: 'getDelivery',
    method: 'get',
    path: '/v1/deliveries/{id}',
    tag: 'Deliveries',
    summary: 'Shows one delivery with its body and every attempt.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'The delivery.', schema: deliveryStorySchema }, 404: { description: 'No such delivery.' } },
    async handle({ params: { id } }) {
      const found = await ports.queries.delivery(id);
      return found === null ? failure(404, 'API_NOT_FOUND', `No delivery has the id ${id}.`) : json(found);
    },
  });

const replayDelivery = ({ ports }: ApiContext<DeliveryPorts>): ApiOperation =>
  operation({
    id: 'replayDelivery',
    method: 'post',
    path: '/v1/deliveries/{id}/replay',
    tag: 'Deliveries',
    summary: 'Sends a delivery again, with the same id and the same bytes.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 202: { description: 'The delivery is due now.' }, 404: { description: 'No such delivery.' } },
    async handle({ params: { id } }) {
      if (await ports.replay(id)) return json({ id }, 202);
      return failure(404, 'API_NOT_FOUND', `No delivery has the id ${id}.`);
    },
  });

const replayDeliveries = ({ ports }: ApiContext<DeliveryPorts>): ApiOperation =>
  operation({
    id: 'replayDeliveries',
    method: 'post',
    path: '/v1/deliveries/replay',
    tag: 'Deliveries',
    summary: 'Sends all deliveries that match again: dead ones, or those of the state in the body.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'Which deliveries.', schema: replaySchema },
    answers: { 202: { description: 'The deliveries are due now.', schema: replayedSchema } },
    handle: ({ body }) =>
      withBody(body, replaySchema, async ({ state = 'dead', ...selection }) =>
        json({ replayed: await ports.replayAll({ state, ...selectionOf(ports, selection) }) }, 202),
      ),
  });

/** What can be asked of deliveries. */
export function deliveryOperations(context: ApiContext<DeliveryPorts>): readonly ApiOperation[] {
  return [listDeliveries(context), oneDelivery(context), replayDelivery(context), replayDeliveries(context)];
}
