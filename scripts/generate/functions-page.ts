import type { FunctionCatalogue, FunctionDefinition } from '../../src/functions/contract/function.js';
import { shownFunctions, type ShownFunction } from '../../src/functions/contract/http.js';
import { table } from './field-table.js';

const INTRODUCTION = `# Internal functions

A function does one thing for a flow that needs no service of yours: it judges a date, keeps what a contact prefers, makes a short link,
finds the language of a text. There is nothing to map: a function sets the variables it documents. Your own functions fit in beside
ours, by the same contract. This page is made from the functions themselves by \`npm run docs\`: change \`src/functions\`, not this page.

## In a flow

The widget [function](reference/widgets.md#function) calls one:

\`\`\`json
{
  "id": "callback",
  "name": "Callback",
  "start": "ask",
  "widgets": {
    "ask": {
      "type": "collect",
      "prompt": [{ "say": "On which day may we call you? Key in day, month and year, for example 2 4 1 2 2 0 2 6." }],
      "saveIn": "$flow.key.day",
      "digits": { "min": 8, "max": 8 },
      "exits": { "collected": "judge", "noInput": "bye", "missed": "bye" }
    },
    "judge": {
      "type": "function",
      "function": "ValidateDateAndTime",
      "keys": [
        { "name": "inputDate", "value": "$flow.key.day", "mandatory": true },
        { "name": "validMAxDays", "value": 30 }
      ],
      "exits": { "success": "tell", "failed": "bye" }
    },
    "tell": {
      "type": "play",
      "prompt": [{ "say": "We note $flow.key.outputDate: $flow.key.dateStatus." }],
      "exits": { "done": "bye" }
    },
    "bye": { "type": "hangup" }
  }
}
\`\`\`

- \`keys\` passes single inputs: a variable under its own name (\`"$flow.key.inputDate"\`), or a value under a name of your choice.
- \`groups\` passes all variables of a kind: \`call\`, \`flow\`, \`user\`. Masked digits are never among them.
- An input is found by its name in any case, as \`$flow.syskey.<name>\`, \`$user.syskey.<name>\` or \`$flow.key.<name>\`, in this order.
- Dates are read in the time zone of the flow.

The flow checker knows our functions: it refuses an unknown name, a required input that nothing passes, and a service that is not configured.

To see what a function answers without a call, [test the widget](configured-webhooks.md#test-requests).

## Functions of your own

Run an HTTP service and add it to \`webhooks.json\`:

\`\`\`json
[{ "name": "crm", "kind": "functions", "url": "https://crm.example/functions", "auth": { "type": "bearer", "token": "$secret.crm" } }]
\`\`\`

In the flow, \`"service": "crm"\` calls its functions. It receives

\`\`\`http
POST /functions HTTP/1.1
Content-Type: application/json; charset=utf-8

{"method":"score","keys":[{"name":"$flow.key.order","value":"4711"}]}
\`\`\`

and answers with what is to be set, or with 204 when that is nothing:

\`\`\`json
{ "keys": [{ "name": "$flow.key.score", "value": 87 }] }
\`\`\`

A function may set \`$flow.key.*\` and \`$user.key.*\`. An answer with any other name, without \`keys\`, with more than 1000 of them or larger than
256 KiB sets nothing at all, and the widget leaves by \`failed\` with \`INVALID_RESPONSE\`. Any status outside 2xx is a failure too; the message of
\`{"error":{"code":"ORDER_UNKNOWN","message":"…"}}\` is told to the flow as \`$widget.<id>.error_detail\`, its code as \`$widget.<id>.code\`. List what your
function sets under \`outputs\` of the widget, so that the checker knows these variables.

The request goes out like that of every webhook: through the guard, with authentication and signature as configured. It is sent once, never
again by itself: a function may have done half of its work.

## Our functions for others

\`POST /v1/functions\` of the [API](openapi.json) takes the same body and gives the same answer, for clients with an API key; so another Offhook can register it
as a service (\`"auth": {"type": "apiKey", "name": "X-API-Key", "value": "$secret.other"}\`). Failures are \`404\` for an unknown function, \`422\` for inputs that
are missing or wrong, \`501\` for what is not configured or not there yet, \`502\` and \`504\` for what went wrong or took too long. Dates are in UTC there;
the caller is \`$call.cli\` when it is passed.

## Short links

\`linkcreation\` makes them in a flow, \`POST /shorturl\` from anywhere: \`{"custToken": "<API key>", "longUrl": "https://…"}\` → \`{"shortUrl": "https://…/s/Xk3…"}\`
(the key may stand in a header instead). \`GET /s/<code>\` redirects; it needs no key. \`GET /v1/links\` lists links with their visits,
\`DELETE /v1/links/<code>\` ends one. Set \`functions.publicUrl\` to what your callers reach, and put that address in front of \`/s/\` only.`;

/** The reference page of all internal functions. */
export function functionsPage(catalogue: FunctionCatalogue): string {
  const shown = shownFunctions(catalogue);
  const contents = table(
    ['Function', 'What it does'],
    shown.map(({ name, summary }) => [`[${name}](#${name.toLowerCase()})`, summary]),
  );
  const sections = [...catalogue.values()].map((definition, index) => section(definition, shown[index]));
  return `${[INTRODUCTION, '## All functions', contents, ...sections].join('\n\n')}\n`;
}

function section({ name, summary, docs, example }: FunctionDefinition, shown: ShownFunction | undefined): string {
  const inputs = (shown?.inputs ?? []).map((input) => [`\`${input.name}\``, input.required ? '**required**' : '', input.meaning]);
  const outputs = (shown?.outputs ?? []).map((output) => [`\`${output.name}\``, output.meaning]);
  const request = JSON.stringify({ method: name, keys: example }, null, 2);
  return [
    `## ${name}`,
    summary,
    docs,
    table(['Input', '', 'Meaning'], inputs),
    table(['It sets', 'Meaning'], outputs),
    `\`\`\`json\n${request}\n\`\`\``,
  ].join('\n\n');
}
