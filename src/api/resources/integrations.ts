import { z } from 'zod';
import type { ApiContext } from './context.js';
import type { ChangedIntegration } from '../../model/integration.js';
import { expectedVersion } from '../http/if-match.js';
import { withBody } from '../http/json-body.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json, refusal, type Reply } from '../http/reply.js';
import { byId, idParam, noParams, problemSchema } from '../http/schemas.js';
import type { ApiIntegrations } from './integration-ports.js';

/** What is asked of integrations. */
export interface IntegrationPorts {
  readonly integrations: ApiIntegrations;
}

const TAG = 'Integrations';

const moment = z.number().int().describe('Milliseconds since 1970-01-01T00:00:00Z.');

const cardFields = {
  id: z.string(),
  alias: z.string(),
  active: z.boolean().describe('true: the integration gets the events of new calls.'),
  integration: z
    .looseObject({ alias: z.string(), url: z.string() })
    .describe('All its fields. A secret written as `$secret.NAME` shows this name. A secret in plain text shows ***.'),
  version: z.string().describe('A new value after each change of the integration. Also its ETag.'),
  createdAt: moment,
  changedAt: moment,
  flows: z.number().int().describe('Number of flows that name this integration.'),
};

const cardSchema = z.object(cardFields).meta({ id: 'Integration' });
const changedSchema = z.object({ ...cardFields, warnings: z.array(problemSchema) }).meta({ id: 'ChangedIntegration' });
const createdSchema = z
  .object({ ...cardFields, warnings: z.array(problemSchema), token: z.string().describe('The token. No later answer shows it.') })
  .meta({ id: 'CreatedIntegration' });
const removeQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe(
      'true: deletes it even if it has live calls or waiting events. The calls send no more events, and the waiting events become dead letters.',
    ),
});
const removedSchema = z.object({
  id: z.string(),
  live: z.number().int().describe('Live calls that send it no more events. 0 unless forced.'),
  waiting: z.number().int().describe('Events that were not delivered and became dead letters. 0 unless forced.'),
});
const tokenSchema = z.object({ id: z.string(), token: z.string().describe('The token. No later answer shows it.') });

const fieldsSchema = z.record(z.string(), z.json()).describe('Fields of an integration. docs/integrations.md lists them.');
const createSchema = z
  .object({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, `_` or `-`')
      .optional()
      .describe('The id by which flows name the integration. Absent: Offhook makes one.'),
  })
  .catchall(z.json());

const refusals = {
  404: { description: 'No such integration.' },
  409: { description: 'Another active integration has the number, or flows name this one. The message names them.' },
  422: { description: 'The fields are not valid. `problems` says what is wrong.' },
};

const changed = (change: ChangedIntegration, status = 200): Reply => json(change, status, change.version);

const listIntegrations = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'listIntegrations',
    method: 'get',
    path: '/v1/integrations',
    tag: TAG,
    summary: 'Lists the integrations, oldest first.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'All integrations.', schema: z.object({ items: z.array(cardSchema) }) } },
    handle: () => json({ items: ports.integrations.list() }),
  });

const oneIntegration = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'getIntegration',
    method: 'get',
    path: '/v1/integrations/{id}',
    tag: TAG,
    summary: 'Shows one integration.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'The integration. Its version is the ETag.', schema: cardSchema }, 404: refusals[404] },
    handle({ params: { id } }) {
      const found = ports.integrations.find(id);
      return found.ok ? json(found.value, 200, found.value.version) : refusal(found.error);
    },
  });

const createIntegration = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'createIntegration',
    method: 'post',
    path: '/v1/integrations',
    tag: TAG,
    summary: 'Adds an integration. It is not active yet. Only this answer shows its token.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'The integration.', schema: createSchema },
    answers: {
      201: { description: 'Added.', schema: createdSchema },
      409: { description: 'The id is taken.' },
      422: refusals[422],
    },
    handle: ({ body }) =>
      withBody(body, createSchema, async ({ id, ...fields }) => {
        const created = await ports.integrations.create(id ?? null, fields);
        return created.ok ? changed(created.value, 201) : refusal(created.error);
      }),
  });

const changeIntegration = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'changeIntegration',
    method: 'patch',
    path: '/v1/integrations/{id}',
    tag: TAG,
    summary:
      'Changes fields of an integration: null removes a field, *** keeps a secret. `If-Match` holds the version that was read.',
    access: 'key',
    params: byId,
    query: noParams,
    body: { description: 'The fields to change.', schema: fieldsSchema },
    answers: {
      200: { description: 'Changed. Live calls use the new fields from now on.', schema: changedSchema },
      ...refusals,
      412: { description: 'Someone else changed it in the meantime. Read it again and repeat the change.' },
    },
    handle: ({ params: { id }, body, ifMatch }) =>
      withBody(body, fieldsSchema, async (fields) => {
        const done = await ports.integrations.change(id, fields, expectedVersion(ifMatch));
        return done.ok ? changed(done.value) : refusal(done.error);
      }),
  });

const removeIntegration = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'removeIntegration',
    method: 'delete',
    path: '/v1/integrations/{id}',
    tag: TAG,
    summary:
      'Deletes an integration. Refused while flows name it, or while it has live calls or events that wait to be delivered.',
    access: 'key',
    params: byId,
    query: removeQuery,
    answers: {
      200: { description: 'Deleted. The answer counts what was given up.', schema: removedSchema },
      404: refusals[404],
      409: { description: 'Flows name it, or it has live calls or waiting events. The message says which.' },
    },
    async handle({ params: { id }, query: { force = false } }) {
      const removed = await ports.integrations.remove(id, force);
      return removed.ok ? json(removed.value) : refusal(removed.error);
    },
  });

/** Start and stop: a path of its own each, and nothing in the body. */
const switchIntegration = ({ ports }: ApiContext<IntegrationPorts>, verb: 'start' | 'stop', summary: string): ApiOperation =>
  operation({
    id: `${verb}Integration`,
    method: 'post',
    path: `/v1/integrations/{id}/${verb}`,
    tag: TAG,
    summary,
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'Done, or nothing had to be done.', schema: changedSchema }, ...refusals },
    async handle({ params: { id } }) {
      const done = await ports.integrations[verb](id);
      return done.ok ? changed(done.value) : refusal(done.error);
    },
  });

const rotateToken = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'rotateIntegrationToken',
    method: 'post',
    path: '/v1/integrations/{id}/token',
    tag: TAG,
    summary: 'Makes a new token. The old one is no longer valid.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'The new token.', schema: tokenSchema }, 404: refusals[404] },
    async handle({ params: { id } }) {
      const made = await ports.integrations.rotate(id);
      return made.ok ? json(made.value) : refusal(made.error);
    },
  });

const linkedFlows = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'listIntegrationFlows',
    method: 'get',
    path: '/v1/integrations/{id}/flows',
    tag: TAG,
    summary: 'Lists the flows that name the integration, and since when.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      200: {
        description: 'All flows that name it.',
        schema: z.object({ items: z.array(z.object({ id: z.string(), name: z.string(), since: moment })) }),
      },
      404: refusals[404],
    },
    handle({ params: { id } }) {
      const flows = ports.integrations.flows(id);
      return flows.ok ? json({ items: flows.value }) : refusal(flows.error);
    },
  });

const details = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'getIntegrationDetails',
    method: 'get',
    path: '/v1/integrations/{id}/details',
    tag: TAG,
    summary: 'Shows connections, endpoint, headers, parameters, sample requests and answers, and how to send events to a chat.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'The page, as JSON.', schema: z.looseObject({}) }, 404: refusals[404] },
    handle({ params: { id } }) {
      const found = ports.integrations.details(id);
      return found.ok ? json(found.value) : refusal(found.error);
    },
  });

/** Longest body of an event, bytes. */
const MAX_EVENT = 65_536;
/** Longest text that is spoken, characters: some minutes. */
const MAX_TEXT = 5_000;

const chatEventSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: z.string().trim().min(1).max(MAX_TEXT).describe('Spoken to the caller.') }),
    z.strictObject({
      type: z.literal('media'),
      multimedia: z.strictObject({
        url: z.string().min(1).max(2000).describe('URL of a WAV, MP3 or Ogg file. Offhook fetches it as it fetches a prompt.'),
        caption: z.string().max(1000).optional().describe('Caption of the file. It is not spoken.'),
      }),
    }),
    z.strictObject({ type: z.literal('end') }).describe('Hangs up after the caller has heard everything sent before.'),
  ])
  .meta({ id: 'ChatEvent' });

const unauthorized = (): Reply => failure(401, 'INTEGRATION_UNAUTHORIZED');

const sendEvent = ({ ports }: ApiContext<IntegrationPorts>): ApiOperation =>
  operation({
    id: 'sendChatEvent',
    method: 'post',
    path: '/v1/integrations/{id}/chats/{chatId}/events',
    tag: TAG,
    summary:
      'Speaks a text or plays a file to the caller of a chat, or ends the chat. Needs the token of the integration, not an API key.',
    access: 'open',
    params: z.strictObject({ id: idParam, chatId: idParam.describe('The `chatId` in the events of the chat.') }),
    query: noParams,
    body: { description: 'The event.', schema: chatEventSchema },
    answers: {
      202: {
        description: 'Queued. The caller hears it after what was sent before.',
        schema: z.object({ waiting: z.number().int() }),
      },
      401: { description: 'The token is missing or wrong.' },
      404: { description: 'No such live call of this integration.' },
      409: {
        description:
          'The integration is not active, the call is not answered yet, or an earlier event already asked for its end.',
      },
      413: { description: 'The event is too long.' },
      422: { description: 'The body is not an event, or its URL may not be fetched.' },
      429: { description: 'Too many events wait for this caller.' },
    },
    early: ({ id }, token) => (token !== null && ports.integrations.isToken(id, token) ? null : unauthorized()),
    handle: ({ params: { id, chatId }, body }) => {
      if (Buffer.byteLength(body) > MAX_EVENT) return failure(413, 'API_TOO_LARGE');
      return withBody(
        body,
        chatEventSchema,
        (event) => {
          const sent = ports.integrations.send(id, chatId, event);
          return sent.ok ? json(sent.value, 202) : refusal(sent.error);
        },
        { status: 422, code: 'INTEGRATION_EVENT_INVALID' },
      );
    },
  });

/** Integrations: their life, what they look like from outside, and the events they send into calls. */
export function integrationOperations(context: ApiContext<IntegrationPorts>): readonly ApiOperation[] {
  return [
    listIntegrations(context),
    oneIntegration(context),
    createIntegration(context),
    changeIntegration(context),
    removeIntegration(context),
    switchIntegration(context, 'start', 'Starts an integration: new calls send it events.'),
    switchIntegration(context, 'stop', 'Stops an integration: new calls send it no events. Live calls send theirs up to END.'),
    rotateToken(context),
    linkedFlows(context),
    details(context),
    sendEvent(context),
  ];
}
