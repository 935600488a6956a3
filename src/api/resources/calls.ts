import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json } from '../http/reply.js';
import { byId, callSchema, callsQuery, callStorySchema, encodeCursor, noParams, PAGE, pageOf } from '../http/schemas.js';
import { shownRecording } from './recordings.js';
import type { JournalSummary } from '../../flow/journal/summary.js';
import type { JournalEntry } from '../../model/journal.js';
import type { SharedPorts } from '../ports.js';

/** What is asked of calls. */
export interface CallPorts extends Pick<SharedPorts, 'queries'> {
  /** Hangs a live call up; false when no live call has the id. */
  hangup(callId: string): boolean;
  /** `summarizeJournal` of flow. */
  summarizeJournal(entries: readonly JournalEntry[]): JournalSummary;
}

const listCalls = ({ ports }: ApiContext<CallPorts>): ApiOperation =>
  operation({
    id: 'listCalls',
    method: 'get',
    path: '/v1/calls',
    tag: 'Calls',
    summary: 'Lists calls, newest first.',
    access: 'key',
    params: noParams,
    query: callsQuery,
    answers: { 200: { description: 'A page of calls.', schema: pageOf(callSchema) } },
    async handle({ query: { limit, cursor, ...filter } }) {
      const page = await ports.queries.calls(filter, { limit: limit ?? PAGE, after: cursor ?? null });
      return json({ items: page.items, next: encodeCursor(page.next) });
    },
  });

const oneCall = ({ ports, links }: ApiContext<CallPorts>): ApiOperation =>
  operation({
    id: 'getCall',
    method: 'get',
    path: '/v1/calls/{id}',
    tag: 'Calls',
    summary: 'Shows one call with its legs, steps, recordings and timeline.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'The call.', schema: callStorySchema }, 404: { description: 'No such call.' } },
    async handle({ params: { id } }) {
      const found = await ports.queries.call(id);
      if (found === null) return failure(404, 'API_NOT_FOUND', `No call has the id ${id}.`);
      const [timeline, recordings] = await Promise.all([ports.queries.journal(id), ports.queries.recordings(id)]);
      const { legs, steps, webhooks, faults, lastWidget } = ports.summarizeJournal(timeline);
      return json({
        call: { ...found.call, lastWidget: found.call.lastWidget ?? lastWidget },
        variables: found.variables,
        udf: found.udf,
        legs,
        steps,
        webhooks,
        faults,
        recordings: recordings.map((recording) => shownRecording(recording, links)),
        timeline,
      });
    },
  });

const hangUpCall = ({ ports }: ApiContext<CallPorts>): ApiOperation =>
  operation({
    id: 'hangUpCall',
    method: 'delete',
    path: '/v1/calls/{id}',
    tag: 'Calls',
    summary: 'Hangs up a call.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      202: { description: 'The call is being hung up.' },
      404: { description: 'No such call.' },
      409: { description: 'The call has already ended.' },
    },
    async handle({ params: { id } }) {
      if (ports.hangup(id)) return json({ id }, 202);
      const known = await ports.queries.call(id);
      if (known === null) return failure(404, 'API_NOT_FOUND', `No call has the id ${id}.`);
      return failure(409, 'API_CALL_OVER', `Call ${id} has already ended.`);
    },
  });

/** What can be asked of calls. */
export function callOperations(context: ApiContext<CallPorts>): readonly ApiOperation[] {
  return [listCalls(context), oneCall(context), hangUpCall(context)];
}
