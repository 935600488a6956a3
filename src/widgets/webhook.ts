import type { WebhookAnswer, WebhookCall } from '../flow/ports.js';
import { defineWidget, type WidgetContext } from '../flow/widget.js';
import { startHoldMusic } from './music.js';
import { webhookProblems } from './webhook-check.js';
import { type WebhookConfig, webhookConfig } from './webhook-config.js';
import { resolveRequest } from './webhook-request.js';
import {
  applyMapping,
  clearResults,
  exitOf,
  missingVariables,
  RESULT_VARIABLES,
  WIDGET_RESULTS,
  webhookExits,
  writeResults,
} from './webhook-result.js';

/** Calls an HTTP service while the caller waits (P1–P19, V1–V16, section 4). */
export const webhook = defineWidget({
  type: 'webhook',
  version: 1,
  summary: 'Calls an HTTP service, keeps what it answers, and branches on the status.',
  docs: `Variables can stand in the URL, in query, headers, credentials and body; each is escaped for its place: percent-encoded in URL
and query, inside quotes as JSON text, unquoted in JSON with its own type, as XML text. \`$secret.NAME\` is legal in URL, query,
headers and credentials.

**Variables without a value.** In the URL, the credentials, the body and in rows marked \`mandatory\` the request is not made and the
widget leaves by \`failed\` with \`INVALID_FLOW_VAR\`; any other row is left out.

**Waiting.** \`timeout\` covers everything from the name lookup to the last byte. With \`holdMusic\` the caller hears music from the
moment the request leaves until the answer is there. Music of your own that cannot be played gives way to the platform’s and never holds
up the request. With \`wait: false\` the
flow goes on at once and never learns the answer; only a missing variable still leads to \`failed\`.

**Exits.** An exit named after a status (\`404\`) or a class (\`5xx\`) is taken for that status: the exact code first, then the class, then
\`success\` for 2xx, then \`failed\`. \`timeout\` goes to \`failed\` when it is not wired. A 2xx answer that cannot be read or lacks a
required value always leaves by \`failed\`.

**Paths.** \`data.userId\`, \`data['userId']\`, \`items[0].name\`, \`[0].name\`. With \`pathRoot: "document"\` a path starts at the document and
\`$\` is the document; with \`"data"\` a leading \`data\` (or \`x\`) is the document. Into XML: dotted names with the root element
(\`note.item[1].name\`, zero-based, \`note['@id']\`), or XPath 1.0. Objects and lists are kept as values. A path that finds nothing leaves
its variable as it was, unless the row has a \`default\`.

**Results.** Written after every run, on failure too, and as \`$widget.<id>.*\`:

| Variable | Value |
|---|---|
| \`$flow.key.response_status\` | \`SUCCESS\` or \`FAILED\` |
| \`$flow.key.response_status_code\` | the status, or null when no answer came |
| \`$flow.key.response_status_type\` | \`INFORMATIONAL\`, \`SUCCESSFUL\`, \`REDIRECTION\`, \`CLIENT_ERROR\`, \`SERVER_ERROR\`, or null |
| \`$flow.key.response_duration\` | seconds, two decimals |
| \`$flow.key.response_raw\` | the body as text, or null |
| \`$flow.key.response_error\` | true on failure |
| \`$flow.key.error_reason\` | only on failure: \`TIMEOUT\`, \`CONNECTION_FAILURE\`, \`AUTHENTICATION_FAILURE\`, \`INVALID_FLOW_VAR\`, \`INVALID_REQUEST\`, \`INVALID_RESPONSE\`, \`INVALID_RESPONSE_MAP\`, or the status type |

\`$widget.<id>.error\` is the \`error_reason\` too, \`$widget.<id>.error_detail\` explains it in a sentence.`,
  example: {
    type: 'webhook',
    method: 'POST',
    url: 'https://shop.example/orders/$flow.key.order/confirm',
    auth: { type: 'basic', username: 'ivr', password: '$secret.shop' },
    headers: [{ key: 'X-Call', value: '$call.uuid' }],
    body: { type: 'json', content: { phone: '$call.cli', confirmed: true } },
    mapping: [{ saveIn: '$flow.key.status', path: 'order.status', required: true }],
    holdMusic: true,
    timeout: 20,
    exits: { success: 'tell', '404': 'unknown', '5xx': 'sorry', failed: 'sorry' },
  },
  config: webhookConfig,
  exits: webhookExits,
  results: WIDGET_RESULTS,
  audio: ({ wait, holdMusic }) => wait && holdMusic !== false,
  waits: true,
  secretFields: ['url', 'query.*.value', 'headers.*.value', 'auth.username', 'auth.password'],
  urlFields: ['url', 'holdMusic.url'],
  literalFields: ['mapping.*.path'],
  writes: ({ mapping, saveStatusIn }) => [
    ...RESULT_VARIABLES,
    ...mapping.map((row) => row.saveIn),
    ...(saveStatusIn === undefined ? [] : [saveStatusIn]),
  ],
  prompts: ({ holdMusic }) => (typeof holdMusic === 'object' ? [[holdMusic]] : []),
  check: webhookProblems,
  async run(config, context) {
    clearResults(config, context);
    if (config.persist) context.persist();
    const request = resolveRequest(config, context);
    if (!request.ok) {
      const outcome = missingVariables(request.error);
      writeResults(outcome, config, context, false);
      return exitOf(outcome, context.wired);
    }
    if (!config.wait) {
      await context.webhook.send(request.value);
      return 'success';
    }
    const answer = await requestWithMusic(request.value, config, context);
    const outcome = applyMapping(answer, config, context);
    writeResults(outcome, config, context, request.value.masked === true);
    return exitOf(outcome, context.wired);
  },
});

/**
 * The request first, so that music costs it nothing; the music is not waited for. Both stop with the call.
 */
async function requestWithMusic(call: WebhookCall, config: WebhookConfig, context: WidgetContext): Promise<WebhookAnswer> {
  const answer = context.webhook.request(call);
  if (config.holdMusic === false) return answer;
  void startMusic(config, context);
  const settled = await answer;
  await context.call.stopMusic();
  return settled;
}

/** Never rejects: whatever is wrong with the music is told to the log, and the request goes on. */
async function startMusic({ holdMusic, holdMusicDelay }: WebhookConfig, context: WidgetContext): Promise<void> {
  try {
    const [segment] = typeof holdMusic === 'object' ? context.vars.segments([holdMusic]).value : [];
    await startHoldMusic(segment, holdMusicDelay * 1000, context);
  } catch (error) {
    // The call ended under it (the request ends the same way), or a defect of the engine: the caller's answer matters more.
    context.log.warn({ error: String(error) }, 'hold music stopped');
  }
}
