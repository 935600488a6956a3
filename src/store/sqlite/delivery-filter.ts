import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { DeliverySelection, DeliveryState } from '../../model/delivery.js';
import type { Tables } from './tables.js';

type Deliveries = ExpressionBuilder<Tables, 'deliveries'>;

const STATES: readonly DeliveryState[] = ['pending', 'delivered', 'dead'];

/**
 * The condition of a selection. Every state is named where nothing else but a target is: the index of the queue then finds it without
 * a look into the bodies of all the others.
 */
export function deliveriesIn(selection: DeliverySelection): (is: Deliveries) => ExpressionWrapper<Tables, 'deliveries', SqlBool> {
  const { state, webhook, targets, kind, call, from, to, dueFrom, dueTo } = selection;
  const byTarget = webhook !== undefined || targets !== undefined;
  return (is) =>
    is.and([
      ...(state !== undefined ? [is('state', '=', state)] : byTarget && call === undefined ? [is('state', 'in', STATES)] : []),
      ...(webhook === undefined ? [] : [is('webhook', '=', webhook)]),
      ...(targets === undefined ? [] : [is('webhook', 'in', targets)]),
      ...(kind === undefined ? [] : [is('kind', '=', kind)]),
      ...(call === undefined ? [] : [is('call_id', '=', call)]),
      ...(from === undefined ? [] : [is('created_at', '>=', from)]),
      ...(to === undefined ? [] : [is('created_at', '<', to)]),
      ...(dueFrom === undefined ? [] : [is('due_at', '>=', dueFrom)]),
      ...(dueTo === undefined ? [] : [is('due_at', '<', dueTo)]),
    ]);
}
