/** Codes of flow; part of `CODES`. */
export const FLOW_CODES = {
  FLOW_GOODBYE_FAILED: {
    meaning: 'A call could not go on, and its goodbye could not be played. The call ended without it.',
    advice: 'Read `error` in the log line. The usual cause: this machine has no voice for `goodbyeLanguage`.',
  },
  FLOW_UNREADABLE: {
    meaning: 'A flow file cannot be read or is not JSON.',
    advice: 'Check that the file is readable by this user and is valid JSON.',
  },
  FLOW_BROKEN: {
    meaning: 'A number or a request leads to a flow whose file has errors.',
    advice: 'Correct what the message names. `offhook check` lists every error of the file.',
  },
  FLOW_INVALID: {
    meaning: 'A field of a flow or of a widget is missing, has the wrong type or is out of range.',
    advice: 'Correct the field at the path shown. docs/reference/widgets.md lists every field.',
  },
  FLOW_DUPLICATE_FIELD: {
    meaning: 'An object of a flow file has two fields with the same name. Only the last one would count.',
    advice: 'Rename or remove one of them.',
  },
  FLOW_NUMBER_DIGITS: {
    meaning: 'A number in a flow file has more digits than Offhook can keep.',
    advice: 'Write the number as text, in quotes.',
  },
  FLOW_UNKNOWN_FIELD: {
    meaning: 'A widget or flow has a field that Offhook does not know.',
    advice: 'Remove the field or correct its spelling.',
  },
  FLOW_UNKNOWN_WIDGET_TYPE: {
    meaning: 'The flow uses a widget type that Offhook does not have.',
    advice: 'Use one of the types in docs/reference/widgets.md.',
  },
  FLOW_UNKNOWN_EXIT: {
    meaning: 'The flow wires an exit that this widget does not have with its configuration.',
    advice: 'Remove the exit or correct its name.',
  },
  FLOW_UNWIRED_EXIT: {
    meaning: 'An exit leads nowhere.',
    advice: 'Give the exit a widget id, or null to end the flow there.',
  },
  FLOW_UNKNOWN_TARGET: {
    meaning: 'An exit, `start` or an anchor names a widget that is not in the flow.',
    advice: 'Correct the id or add the widget.',
  },
  FLOW_UNREACHABLE_WIDGET: {
    meaning: 'No exit and no anchor leads to this widget.',
    advice: 'Wire an exit to it, or remove it.',
  },
  FLOW_UNDECLARED_VARIABLE: {
    meaning: 'The flow reads a variable that no widget writes and that `variables` does not declare.',
    advice: 'Correct its name, or declare it under `variables`.',
  },
  FLOW_UNKNOWN_VARIABLE: {
    meaning:
      'The flow names a `$call.`, `$sys.` or `$widget.` variable that does not exist, or contains text that looks like a variable and is not one.',
    advice: 'Correct the name. For a dollar sign in the text, write `$$`.',
  },
  FLOW_READ_ONLY_VARIABLE: {
    meaning: 'A widget or `variables` writes a variable that flows may only read.',
    advice: 'Use a `$flow.key.`, `$user.key.` or `$NAME` variable.',
  },
  FLOW_SECRET_MISPLACED: {
    meaning: 'The flow uses `$secret.` in a field that does not take secrets.',
    advice: 'Use secrets only in authentication, headers or URL.',
  },
  FLOW_UNKNOWN_SECRET: {
    meaning: 'The flow names a secret that is not set. Requests that need it will fail.',
    advice: 'Set the secret in the environment or the secrets file, or correct its name.',
  },
  FLOW_ENDLESS_CYCLE: {
    meaning:
      'The flow has an endless cycle: no widget in it waits for the caller, for time or for an answer, and no counter ends it.',
    advice: 'Put a waiting widget or a counter into the cycle, or lead an exit out of it.',
  },
  FLOW_AUDIO_IN_ANCHOR: {
    meaning: 'A widget that plays or hears audio can be reached after the call has ended.',
    advice: 'Let the anchor lead only to widgets without audio.',
  },
  FLOW_NO_DEFAULT_WEBHOOK: {
    meaning: 'The flow wants its report posted, but no webhook is marked as default.',
    advice: 'Mark one webhook of webhooks.json as default, or set `webhook` to false.',
  },
  FLOW_BAD_TIME_ZONE: {
    meaning: 'The flow names a time zone that does not exist.',
    advice: 'Use a name of the IANA database, e.g. `Europe/Vienna`.',
  },
  FLOW_BAD_LANGUAGE: {
    meaning: 'The flow has a language tag that is not valid BCP 47.',
    advice: 'Use a tag like `en-US`.',
  },
  FLOW_BAD_EXPRESSION: {
    meaning: 'An expression cannot be parsed, names something unknown or mixes types.',
    advice: 'Correct the expression. docs/flows.md describes the language.',
  },
  FLOW_BAD_URL: {
    meaning: 'A widget has a URL that cannot be called.',
    advice: 'Write the whole URL, beginning with https://.',
  },
  FLOW_URL_REFUSED: {
    meaning: 'A widget calls an address that the configuration does not allow. The request fails.',
    advice: 'Use a public address, or list it under `webhooks.allowHosts` or `webhooks.allowNetworks`.',
  },
  FLOW_URL_VARIABLE: {
    meaning: 'A variable in a URL would decide where the request goes.',
    advice:
      'Put variables after the host only. If a variable must choose the host, let it be the whole beginning, as in `$flow.key.base/orders`, and list it under `webhooks.urlVariables`.',
  },
  FLOW_SIP_HEADER: {
    meaning: 'A flow reads a SIP header that the configuration does not list.',
    advice: 'List the header under `sip.headers` in `offhook.json`. Headers that begin with `X-` need no entry.',
  },
  FLOW_STEP_LIMIT: {
    meaning: 'A call ran more widgets than the flow allows, most likely in an endless cycle.',
    advice: 'Lead an exit out of the cycle, or raise `maxSteps`.',
  },
  FLOW_VALUE_TOO_LARGE: {
    meaning: 'A variable or text would be larger than a call may hold.',
    advice: 'Ask the service for less data, or map only the fields the flow needs.',
  },
  FLOW_READ_ONLY: {
    meaning: 'A widget tried to write a variable that flows may only read.',
    advice: 'This is a bug in the widget. Please report it.',
  },
  FLOW_WIDGET_CRASHED: {
    meaning: 'A widget failed unexpectedly. The call took its error exit.',
    advice: 'Find the call in the log and read the cause. If the cause is not in the flow, please report it.',
  },
  FLOW_BAD_EXIT: {
    meaning: 'A widget took an exit that it does not have.',
    advice: 'This is a bug in the widget. Please report it.',
  },
  FLOW_NO_ERROR_EXIT: {
    meaning:
      'A widget took an error exit that leads nowhere: neither the exit, nor the `onError` of the widget, nor that of the flow is wired.',
    advice: 'Wire the exit, or give the flow an `onError`. Without one the caller hears the goodbye and the call ends.',
  },
  FLOW_USER_VARIABLES: {
    meaning: 'The stored variables of a contact could not be read or saved.',
    advice: 'Check the database. The log has the cause. The call went on without these variables.',
  },
} as const;
