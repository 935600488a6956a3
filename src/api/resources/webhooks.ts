import { z } from 'zod';
import type { ApiContext } from './context.js';
import { expectedVersion } from '../http/if-match.js';
import { withBody } from '../http/json-body.js';
import { operation, type Operation } from '../http/operation.js';
import { json, refusal } from '../http/reply.js';
import { byId, idParam, noParams, problemSchema } from '../http/schemas.js';
import type { ShownConfigured } from './webhook-ports.js';
import { parseExact } from '../../lib/json/json-text.js';
import type { JsonObject } from '../../lib/json/json.js';
import type { ApiWebhooks } from './webhook-ports.js';

/** What is asked of webhooks. */
export interface WebhookPorts {
  readonly webhooks: ApiWebhooks;
}

const TAG = 'Webhooks';

const webhookSchema = z
  .object({
    webhook: z.looseObject({ name: z.string(), url: z.string(), default: z.boolean().optional() }),
    version: z.string().describe('Changes with the webhook; also its ETag.'),
    disabledAt: z
      .number()
      .int()
      .nullable()
      .describe('Since when it is sent nothing, because it answered 410; null: it is sent to.'),
  })
  .meta({ id: 'ConfiguredWebhook' });

const changedSchema = z.object({ webhook: z.looseObject({}), version: z.string(), warnings: z.array(problemSchema) });
const fieldsSchema = z.looseObject({}).describe('Fields of a webhook as in `webhooks.json`.');

const refusals = {
  409: { description: 'It cannot be: the name is taken, or flows need the default webhook; the message names them.' },
  412: { description: 'Somebody else changed it meanwhile.' },
  422: { description: 'Not fit to be used; `problems` says what is wrong.' },
  503: { description: 'The file cannot be written now.' },
};

function shown({ webhook, version }: ShownConfigured, disabled: ReadonlyMap<string, number>): object {
  return { webhook, version, disabledAt: disabled.get(String(webhook['name'])) ?? null };
}

async function disabledSince({ ports }: ApiContext<WebhookPorts>): Promise<ReadonlyMap<string, number>> {
  return new Map((await ports.webhooks.disabled()).map(({ webhook, at }) => [webhook, at]));
}

const listWebhooks = (context: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'listWebhooks',
    method: 'get',
    path: '/v1/webhooks',
    tag: TAG,
    summary: 'The configured webhooks; secrets by name, those that stand in the file as ***.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'All of them.', schema: z.object({ items: z.array(webhookSchema) }) } },
    async handle() {
      const all = context.ports.webhooks.list();
      if (!all.ok) return refusal(all.error);
      const disabled = await disabledSince(context);
      return json({ items: all.value.map((one) => shown(one, disabled)) });
    },
  });

const oneWebhook = (context: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'getWebhook',
    method: 'get',
    path: '/v1/webhooks/{id}',
    tag: TAG,
    summary: 'One configured webhook by name.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      200: { description: 'The webhook; its version is the ETag.', schema: webhookSchema },
      404: { description: 'No such webhook.' },
    },
    async handle({ params: { id } }) {
      const found = context.ports.webhooks.find(id);
      return found.ok ? json(shown(found.value, await disabledSince(context)), 200, found.value.version) : refusal(found.error);
    },
  });

const addWebhook = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'addWebhook',
    method: 'post',
    path: '/v1/webhooks',
    tag: TAG,
    summary: 'Adds a webhook to `webhooks.json`. With `default: true` the mark is taken from the one that has it.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'The webhook.', schema: fieldsSchema },
    answers: { 201: { description: 'Added and in use.', schema: changedSchema }, ...refusals },
    handle: ({ body }) =>
      withBody(body, fieldsSchema, async (fields) => {
        const added = await ports.webhooks.add(fields);
        if (!added.ok) return refusal(added.error);
        const { webhook, version, warnings } = added.value;
        return json({ webhook, version, warnings }, 201, version);
      }),
  });

const changeWebhook = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'changeWebhook',
    method: 'patch',
    path: '/v1/webhooks/{id}',
    tag: TAG,
    summary:
      'Lays fields over a webhook: null removes one, `options` are merged, *** keeps a secret. `If-Match` names the version read.',
    access: 'key',
    params: byId,
    query: noParams,
    body: { description: 'The fields to change.', schema: fieldsSchema },
    answers: {
      200: { description: 'Changed and in use.', schema: changedSchema },
      404: { description: 'No such webhook.' },
      ...refusals,
    },
    handle: ({ params: { id }, body, ifMatch }) =>
      withBody(body, fieldsSchema, async (fields) => {
        const changed = await ports.webhooks.change(id, fields, expectedVersion(ifMatch));
        if (!changed.ok) return refusal(changed.error);
        const { webhook, version, warnings } = changed.value;
        return json({ webhook, version, warnings }, 200, version);
      }),
  });

const removeWebhook = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'removeWebhook',
    method: 'delete',
    path: '/v1/webhooks/{id}',
    tag: TAG,
    summary: 'Removes a webhook; refused while it is the default and flows report to it.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'Removed.' }, 404: { description: 'No such webhook.' }, ...refusals },
    async handle({ params: { id }, ifMatch }) {
      const removed = await ports.webhooks.remove(id, expectedVersion(ifMatch));
      return removed.ok ? json({ name: id }) : refusal(removed.error);
    },
  });

const enableWebhook = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'enableWebhook',
    method: 'post',
    path: '/v1/webhooks/{id}/enable',
    tag: TAG,
    summary: 'Sends again to a webhook that answered 410; what is dead stays so until it is replayed.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      200: {
        description: 'It is sent to; `was`: it had been disabled.',
        schema: z.object({ name: z.string(), was: z.boolean() }),
      },
      404: { description: 'No such webhook.' },
    },
    async handle({ params: { id } }) {
      const found = ports.webhooks.find(id);
      return found.ok ? json({ name: id, was: await ports.webhooks.enable(id) }) : refusal(found.error);
    },
  });

const reportSchema = z.strictObject({ enabled: z.boolean() });

const reportFlow = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'setFlowWebhook',
    method: 'put',
    path: '/v1/flows/{id}/webhook',
    tag: 'Flows',
    summary: 'Switches the report of a flow on or off, in its file; refused without a default webhook.',
    access: 'key',
    params: byId,
    query: noParams,
    body: { description: 'Whether it reports.', schema: reportSchema },
    answers: {
      200: { description: 'Written.', schema: z.object({ id: z.string(), webhook: z.boolean() }) },
      404: { description: 'No such flow.' },
      ...refusals,
    },
    handle: ({ params: { id }, body }) =>
      withBody(body, reportSchema, async ({ enabled }) => {
        const set = await ports.webhooks.report(id, enabled);
        return set.ok ? json(set.value) : refusal(set.error);
      }),
  });

const testSchema = z.union([
  z.strictObject({ webhook: idParam.describe('A configured webhook: it is sent a sample report.') }),
  z.strictObject({
    flow: idParam.optional().describe('Flow that the widget is in; without one `config` is needed.'),
    widget: idParam.default('test').describe('Id of the widget.'),
    config: z
      .record(z.string(), z.json())
      .optional()
      .describe('The widget as JSON, instead of the one in the flow; of type `webhook` or `function`.'),
    variables: z
      .record(z.string().max(300), z.json())
      .default({})
      .describe('Sample values by full name, e.g. `$flow.key.order`.'),
  }),
]);

const testWebhook = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'testWebhook',
    method: 'post',
    path: '/v1/webhooks/test',
    tag: TAG,
    summary: 'Runs a webhook or function widget, or sends a sample report, now and shows what happened; secrets are masked.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'What to test.', schema: testSchema },
    answers: {
      200: {
        description: 'The requests as sent, the answer, mapping or outputs, the exit, and the places of the answer.',
        schema: z.looseObject({}),
      },
      404: { description: 'No such flow, widget or webhook.' },
      422: { description: 'It cannot be tested like this.' },
      429: { description: 'Too many tests.' },
    },
    handle: ({ body }) =>
      withBody(body, testSchema, async (test) => {
        const result =
          'webhook' in test
            ? await ports.webhooks.testReport(test.webhook)
            : await ports.webhooks.testWidget({
                flow: test.flow ?? null,
                widget: test.widget,
                config: test.config ?? null,
                // As they came: numbers with all their digits.
                variables: (parseExact(body) as { readonly variables?: JsonObject }).variables ?? {},
              });
        return result.ok ? json(result.value) : refusal(result.error);
      }),
  });

const curlSchema = z.strictObject({ curl: z.string().min(1).max(65_536) });

const importWebhook = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'importWebhook',
    method: 'post',
    path: '/v1/webhooks/import',
    tag: TAG,
    summary: 'Makes a webhook widget from a curl command; credentials in it become secrets by name.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'The command.', schema: curlSchema },
    answers: {
      200: {
        description: '`widget`; `secrets` and `variables` that have to be set; `done`, what became of each part; `warnings`.',
        schema: z.looseObject({}),
      },
      422: { description: 'No curl command, or not a whole one.' },
    },
    handle: ({ body }) =>
      withBody(body, curlSchema, ({ curl }) => {
        const made = ports.webhooks.fromCurl(curl);
        return made.ok ? json(made.value) : refusal(made.error);
      }),
  });

const egress = ({ ports }: ApiContext<WebhookPorts>): Operation =>
  operation({
    id: 'egress',
    method: 'get',
    path: '/v1/egress',
    tag: TAG,
    summary: 'Where requests come from: local addresses toward the internet, or toward one host, and the proxy.',
    access: 'key',
    params: noParams,
    query: z.strictObject({ host: z.string().max(253).optional().describe('Name or address of a host.') }),
    answers: {
      200: {
        description: 'As this machine sees it; a router on the way may translate addresses.',
        schema: z.object({ proxy: z.string().nullable(), addresses: z.array(z.string()) }),
      },
    },
    handle: async ({ query: { host } }) => json(await ports.webhooks.egress(host ?? null)),
  });

/** What can be asked of webhooks. Fixed paths come before names. */
export function webhookOperations(context: ApiContext<WebhookPorts>): readonly Operation[] {
  return [
    listWebhooks(context),
    addWebhook(context),
    testWebhook(context),
    importWebhook(context),
    oneWebhook(context),
    changeWebhook(context),
    removeWebhook(context),
    enableWebhook(context),
    reportFlow(context),
    egress(context),
  ];
}
