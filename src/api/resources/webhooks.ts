import { z } from 'zod';
import type { ApiContext } from './context.js';
import { expectedVersion } from '../http/if-match.js';
import { withBody } from '../http/json-body.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { json, refusal } from '../http/reply.js';
import { byId, idParam, noParams, problemSchema } from '../http/schemas.js';
import type { ShownWebhook } from '../../model/webhook.js';
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
    version: z.string().describe('A new value after each change of the webhook. Also its ETag.'),
    disabledAt: z
      .number()
      .int()
      .nullable()
      .describe('Time when it answered 410. Offhook sends it nothing since then. Null: not disabled.'),
  })
  .meta({ id: 'ConfiguredWebhook' });

const changedSchema = z.object({ webhook: z.looseObject({}), version: z.string(), warnings: z.array(problemSchema) });
const fieldsSchema = z.looseObject({}).describe('Fields of a webhook as in `webhooks.json`.');

const refusals = {
  409: { description: 'The name is taken, or flows need the default webhook. The message names them.' },
  412: { description: 'Someone else changed it in the meantime. Read it again and repeat the change.' },
  422: { description: 'The fields are not valid. `problems` says what is wrong.' },
  503: { description: 'Offhook cannot write the file now.' },
};

function shown({ webhook, version }: ShownWebhook, disabled: ReadonlyMap<string, number>): object {
  return { webhook, version, disabledAt: disabled.get(String(webhook['name'])) ?? null };
}

async function disabledSince({ ports }: ApiContext<WebhookPorts>): Promise<ReadonlyMap<string, number>> {
  return new Map((await ports.webhooks.disabled()).map(({ webhook, at }) => [webhook, at]));
}

const listWebhooks = (context: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'listWebhooks',
    method: 'get',
    path: '/v1/webhooks',
    tag: TAG,
    summary:
      'Lists the configured webhooks. A secret written as `$secret.NAME` shows this name. A secret in plain text shows ***.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'All configured webhooks.', schema: z.object({ items: z.array(webhookSchema) }) } },
    async handle() {
      const all = context.ports.webhooks.list();
      if (!all.ok) return refusal(all.error);
      const disabled = await disabledSince(context);
      return json({ items: all.value.map((one) => shown(one, disabled)) });
    },
  });

const oneWebhook = (context: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'getWebhook',
    method: 'get',
    path: '/v1/webhooks/{id}',
    tag: TAG,
    summary: 'Shows one configured webhook.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      200: { description: 'The webhook. Its version is the ETag.', schema: webhookSchema },
      404: { description: 'No such webhook.' },
    },
    async handle({ params: { id } }) {
      const found = context.ports.webhooks.find(id);
      return found.ok ? json(shown(found.value, await disabledSince(context)), 200, found.value.version) : refusal(found.error);
    },
  });

const addWebhook = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'addWebhook',
    method: 'post',
    path: '/v1/webhooks',
    tag: TAG,
    summary: 'Adds a webhook to `webhooks.json`. With `default: true` it becomes the default instead of the current one.',
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

const changeWebhook = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'changeWebhook',
    method: 'patch',
    path: '/v1/webhooks/{id}',
    tag: TAG,
    summary:
      'Changes fields of a webhook: null removes a field, `options` are merged, *** keeps a secret. `If-Match` holds the version that was read.',
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

const removeWebhook = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'removeWebhook',
    method: 'delete',
    path: '/v1/webhooks/{id}',
    tag: TAG,
    summary: 'Removes a webhook. Refused while it is the default and flows report to it.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: { 200: { description: 'Removed.' }, 404: { description: 'No such webhook.' }, ...refusals },
    async handle({ params: { id }, ifMatch }) {
      const removed = await ports.webhooks.remove(id, expectedVersion(ifMatch));
      return removed.ok ? json({ name: id }) : refusal(removed.error);
    },
  });

const enableWebhook = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'enableWebhook',
    method: 'post',
    path: '/v1/webhooks/{id}/enable',
    tag: TAG,
    summary: 'Enables a webhook again that answered 410. Its dead letters stay dead until they are replayed.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      200: {
        description: 'The webhook is enabled. `was` is true if it was disabled before.',
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

const reportFlow = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'setFlowWebhook',
    method: 'put',
    path: '/v1/flows/{id}/webhook',
    tag: 'Flows',
    summary: 'Switches the report of a flow on or off, in its file. Refused without a default webhook.',
    access: 'key',
    params: byId,
    query: noParams,
    body: { description: 'Whether the flow reports.', schema: reportSchema },
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
  z.strictObject({ webhook: idParam.describe('Name of a configured webhook. It gets a sample report.') }),
  z.strictObject({
    flow: idParam.optional().describe('Id of the flow that has the widget. Absent: `config` is required.'),
    widget: idParam.default('test').describe('Id of the widget.'),
    config: z
      .record(z.string(), z.json())
      .optional()
      .describe('A widget of type `webhook` or `function` as JSON, instead of the one in the flow.'),
    variables: z
      .record(z.string().max(300), z.json())
      .default({})
      .describe('Sample values by full name, e.g. `$flow.key.order`.'),
  }),
]);

const testWebhook = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'testWebhook',
    method: 'post',
    path: '/v1/webhooks/test',
    tag: TAG,
    summary: 'Runs a webhook or function widget now, or sends a sample report, and shows what happened. Secrets are masked.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'What to test.', schema: testSchema },
    answers: {
      200: {
        description: 'The requests as sent, the answer, mapping or outputs, the exit, and the paths of the answer.',
        schema: z.looseObject({}),
      },
      404: { description: 'No such flow, widget or webhook.' },
      422: { description: 'The test request is not valid.' },
      429: { description: 'Too many tests. Wait a minute.' },
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

const importWebhook = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'importWebhook',
    method: 'post',
    path: '/v1/webhooks/import',
    tag: TAG,
    summary: 'Makes a webhook widget from a curl command. Credentials in the command become named secrets.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'The command.', schema: curlSchema },
    answers: {
      200: {
        description:
          '`widget`; `secrets` and `variables` that must be set; `done`: what each part of the command became; `warnings`.',
        schema: z.looseObject({}),
      },
      422: { description: 'The text is not a curl command, or not a whole one.' },
    },
    handle: ({ body }) =>
      withBody(body, curlSchema, ({ curl }) => {
        const made = ports.webhooks.fromCurl(curl);
        return made.ok ? json(made.value) : refusal(made.error);
      }),
  });

const egress = ({ ports }: ApiContext<WebhookPorts>): ApiOperation =>
  operation({
    id: 'egress',
    method: 'get',
    path: '/v1/egress',
    tag: TAG,
    summary: 'Shows where requests come from: the local addresses toward the internet or toward one host, and the proxy.',
    access: 'key',
    params: noParams,
    query: z.strictObject({ host: z.string().max(253).optional().describe('Name or address of a host.') }),
    answers: {
      200: {
        description: 'The addresses as this machine sees them. A router on the way may translate them.',
        schema: z.object({ proxy: z.string().nullable(), addresses: z.array(z.string()) }),
      },
    },
    handle: async ({ query: { host } }) => json(await ports.webhooks.egress(host ?? null)),
  });

/** What can be asked of webhooks. Fixed paths come before names. */
export function webhookOperations(context: ApiContext<WebhookPorts>): readonly ApiOperation[] {
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
