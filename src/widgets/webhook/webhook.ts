import type { WebhookCall } from '../../model/webhook.js';
import { defineWidget, type WidgetContext } from '../../flow/widget.js';
import { webhookProblems } from './check.js';
import { filledFromKey, SECRET_FIELDS, URL_FIELDS, type WebhookConfig, webhookConfig, profiled, sourceOf } from './config.js';
import { HOLD_DOCS, HOLD_URL_FIELDS, holdExits, holdProblems, holdPrompts, holdsCaller } from '../hold/hold.js';
import { resolveRequest } from './request.js';
import { applyMapping, exitAdvice, webhookExits } from './result.js';
import {
  clearResults,
  givenUp,
  leaveBy,
  missingVariables,
  RESULT_VARIABLES,
  saveStatus,
  WIDGET_RESULTS,
  writeResults,
} from '../shared/request-result.js';
import { waitHolding } from '../hold/wait.js';

/** Calls an HTTP service while the caller waits (docs/behaviour.md#widget-webhook). */
export const webhook = defineWidget({
  type: 'webhook',
  version: 1,
  summary: 'Calls an HTTP service, keeps what it answers, and branches on the status.',
  docs: `Variables can stand in the URL, in query, headers, credentials and body; each is escaped for its place: percent-encoded in URL
and query, inside quotes as JSON text, unquoted in JSON with its own type, as XML text. \`$secret.NAME\` is legal in URL, query,
headers and credentials.

**Variables without a value.** In the URL, the credentials, the body and in rows marked \`mandatory\` the request is not made and the
widget leaves by \`failed\` with \`INVALID_FLOW_VAR\`; any other row is left out.

**Profiles.** A profile decides what is left out, and nothing else:

| | \`native\` | \`phonon\` | \`vonage\` | \`messangi\` |
|---|---|---|---|---|
| \`method\` | GET | GET | GET | POST |
| \`body\` | none | none | none | rows of a chat message: \`chatId\`, \`contact\`, \`event\`, \`text\`, \`multimedia.url\` |
| \`timeout\`, seconds | 10 (1–60) | 60 (1–60) | 10 (10–25) | 10 (1–60) |
| \`responseType\` | auto | json | auto | auto |
| \`pathRoot\`, \`xmlPaths\` | document, dotted | data, xpath | document, dotted | document, dotted |
| \`required\` of a mapping | false | false | true | false |
| \`emptyQuery\` | text | text | parameter | text |

**Body by rows.** With \`"body": {"type": "fields"}\` rows make a JSON object: \`contact.name\` nests, \`tags[]\` appends, \`items[0].sku\` names
a place, and \`items[].sku\`, \`items[].count\` fill one object per group of rows; a new one begins where a name comes again. A row of type
\`variable\` keeps the variable’s own type. A row left out leaves nothing behind, no empty object or list either.

**Credentials and signatures.** \`auth\` is Basic, a bearer token, an API key in a header or the query, OAuth 2 client credentials, or one of
the site’s own by name, which keeps everything about it out of the flow. \`sign\` names a signer of the site.

**Tries.** \`retries\`, \`fallbackUrl\` and every pause between them lie inside \`timeout\`. Requests that must not be made twice (POST, PATCH) are
only tried again with an \`idempotencyKey\`.

**Waiting.** \`timeout\` covers everything from the name lookup to the last byte. ${HOLD_DOCS}

**An answer later.** With \`answerLater: 5\` the service may say 202 and answer at the resume URL it was given, up to 5 minutes later. The
caller stays on hold until then: music and progress prompts go on, so say now and then that somebody is still there, and give them an
\`escapeKey\`. When nothing comes the widget leaves by \`timeout\`; \`$widget.<id>.later\` tells an answer that came to the resume URL.

**Not waiting.** With \`wait: false\` the flow goes on at once by \`success\`; only a missing variable still leads to \`failed\`. The request
has its own \`timeout\` and outlives the call. When its answer comes while the call is up, \`mapping\` and \`saveStatusIn\` are applied, even
in the middle of another widget; after the end of the call never. \`applyLate: false\` sends and forgets. The result variables
below stay empty.

**Exits.** An exit named after a status (\`404\`) or a class (\`5xx\`) is taken for that status: the exact code first, then the class, then
\`success\` for 2xx, then \`failed\`. \`timeout\` goes to \`failed\` when it is not wired. A 2xx answer that cannot be read or lacks a
required value always leaves by \`failed\`.

**Mapping.** A row reads one thing of the answer: \`path\`, a place in the body; \`header\`, one of its headers
(\`{ "saveIn": "$flow.key.token", "header": "X-Auth-Token" }\`); or \`"status": true\`. Headers and status are there without a body too (204, HEAD).

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
| \`$flow.key.error_reason\` | only on failure: \`TIMEOUT\`, \`CONNECTION_FAILURE\`, \`AUTHENTICATION_FAILURE\`, \`INVALID_FLOW_VAR\`, \`INVALID_REQUEST\`, \`INVALID_RESPONSE\`, \`INVALID_RESPONSE_MAP\`, \`ABORTED\` (the escape key), or the status type |

\`$widget.<id>.error\` is the \`error_reason\` too, \`$widget.<id>.error_detail\` explains it in a sentence.
\`$widget.<id>.attempts\` counts the requests made; \`fallback\` and \`later\` say that the fallback address answered, or the resume URL.`,
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
  exits: (config, wired) => ({ ...webhookExits(config, wired), ...holdExits(config) }),
  exitAdvice: (exit, config) => exitAdvice(exit, config),
  results: WIDGET_RESULTS,
  test: {
    shows: 'request',
    fits: (fields) => !('function' in fields),
    mapping: ({ mapping }) => mapping.map((row) => ({ saveIn: row.saveIn, ...sourceOf(row) })),
  },
  audio: (config) => config.wait && holdsCaller(config),
  waits: true,
  secretFields: SECRET_FIELDS,
  urlFields: [...URL_FIELDS, ...HOLD_URL_FIELDS],
  literalFields: ['mapping.*.path', 'mapping.*.header'],
  writes: ({ mapping, saveStatusIn }) => [
    ...RESULT_VARIABLES,
    ...mapping.map((row) => row.saveIn),
    ...(saveStatusIn === undefined ? [] : [saveStatusIn]),
  ],
  reads: filledFromKey,
  prompts: (config) => holdPrompts(config),
  check: (config, requests) => [...webhookProblems(config, requests), ...holdProblems(config, profiled(config).timeout)],
  async run(config, context) {
    // What an earlier run left may be sent; then it is forgotten (docs/behaviour.md#stale-results).
    const request = resolveRequest(config, context);
    clearResults(config, context);
    if (config.persist) context.persist();
    if (!request.ok) {
      const outcome = missingVariables(request.error);
      writeResults(outcome, config, context, false);
      return leaveBy(outcome, context, false);
    }
    return config.wait ? waitForAnswer(request.value, config, context) : goOn(request.value, config, context);
  },
});

/**
 * Leaves at once. What the answer is for is done when it comes, unless there is nothing to do with it
 * (docs/behaviour.md#late-answers).
 */
async function goOn(call: WebhookCall, config: WebhookConfig, context: WidgetContext): Promise<string> {
  const { applyLate, mapping, saveStatusIn } = config;
  if (applyLate && (mapping.length > 0 || saveStatusIn !== undefined)) {
    context.webhook.requestAside(call, (answer) => {
      saveStatus(applyMapping(answer, config, context), config, context);
    });
  } else await context.webhook.send(call);
  return 'success';
}

async function waitForAnswer(request: WebhookCall, config: WebhookConfig, context: WidgetContext): Promise<string> {
  const laterMs = config.answerLater * 60_000;
  const call = laterMs > 0 ? { ...request, answerLaterMs: laterMs } : request;
  const waited = await waitHolding(
    { hold: config, limitMs: call.timeoutMs + laterMs, ask: ({ webhook }) => webhook.request(call) },
    context,
  );
  const masked = call.masked === true;
  if (waited.kind === 'escaped') {
    writeResults(givenUp(waited), config, context, masked);
    return 'escape';
  }
  const outcome = applyMapping(waited.answer, config, context);
  writeResults(outcome, config, context, masked);
  return leaveBy(outcome, context, masked);
}
