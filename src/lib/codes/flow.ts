/** Codes of flow; part of `CODES`. */
export const FLOW_CODES = {
  FLOW_GOODBYE_FAILED: {
    meaning: 'The goodbye of a call that could not go on could not be played; the call was ended without it.',
    advice: 'Read `error` in the log line; mostly nobody on this machine speaks `goodbyeLanguage`.',
  },
  FLOW_UNREADABLE: {
    meaning: 'A flow file cannot be read or is not JSON.',
    advice: 'Check that the file is readable by this user and is valid JSON.',
  },
  FLOW_BROKEN: {
    meaning: 'A number or a request leads to a flow whose file is not fit to run.',
    advice: 'Correct what the message names; `offhook check` lists everything that is wrong with the file.',
  },
  FLOW_INVALID: {
    meaning: 'A field of a flow or of a widget is missing, has the wrong type or is out of range.',
    advice: 'Correct the field at the path shown; docs/reference/widgets.md lists every field.',
  },
  FLOW_DUPLICATE_FIELD: {
    meaning: 'An object of a flow file has two fields of one name; only the last would count.',
    advice: 'Rename or remove one of them.',
  },
  FLOW_NUMBER_DIGITS: {
    meaning: 'A number in a flow file has more digits than are kept.',
    advice: 'Write it as a text, in quotes.',
  },
  FLOW_UNKNOWN_FIELD: {
    meaning: 'A field that this widget or flow does not have.',
    advice: 'Remove it or correct its spelling.',
  },
  FLOW_UNKNOWN_WIDGET_TYPE: {
    meaning: 'A widget type that Offhook does not have.',
    advice: 'Use one of the types of docs/reference/widgets.md.',
  },
  FLOW_UNKNOWN_EXIT: {
    meaning: 'An exit is wired that this widget does not have with its configuration.',
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
    meaning: 'A variable is read that no widget writes and `variables` does not declare.',
    advice: 'Correct its name, or declare it under `variables`.',
  },
  FLOW_UNKNOWN_VARIABLE: {
    meaning: 'A `$call.`, `$sys.` or `$widget.` name that does not exist, or text that looks like a variable and is none.',
    advice: 'Correct the name; write `$$` for a dollar sign.',
  },
  FLOW_READ_ONLY_VARIABLE: {
    meaning: 'A widget or `variables` would write a variable that flows cannot write.',
    advice: 'Choose a `$flow.key.`, `$user.key.` or `$NAME` variable.',
  },
  FLOW_SECRET_MISPLACED: {
    meaning: '`$secret.` is used in a field where secrets are not put in.',
    advice: 'Use it in authentication, headers or URL only.',
  },
  FLOW_UNKNOWN_SECRET: {
    meaning: 'A secret that is not configured; requests that need it will fail.',
    advice: 'Set the secret in the environment or the secrets file, or correct its name.',
  },
  FLOW_ENDLESS_CYCLE: {
    meaning: 'A circle of widgets in which none waits for the caller, for time or for an answer, and that no counter ends.',
    advice: 'Put a waiting widget or a counter into the circle, or lead an exit out of it.',
  },
  FLOW_AUDIO_IN_ANCHOR: {
    meaning: 'A widget that needs the caller’s ear can be reached after the call is over.',
    advice: 'Lead the anchor to widgets without audio only.',
  },
  FLOW_NO_DEFAULT_WEBHOOK: {
    meaning: 'The flow wants its report posted, but no webhook is marked as default.',
    advice: 'Mark one webhook of webhooks.json as default, or set `webhook` to false.',
  },
  FLOW_BAD_TIME_ZONE: {
    meaning: 'A time zone that does not exist.',
    advice: 'Use a name of the IANA database, e.g. `Europe/Vienna`.',
  },
  FLOW_BAD_LANGUAGE: {
    meaning: 'A language tag that is not BCP 47.',
    advice: 'Use a tag like `en-US`.',
  },
  FLOW_BAD_EXPRESSION: {
    meaning: 'An expression cannot be parsed, names something unknown or mixes types.',
    advice: 'Correct the expression; docs/flows.md shows the language.',
  },
  FLOW_BAD_URL: {
    meaning: 'A widget has an address that cannot be called.',
    advice: 'Write the whole address, beginning with https://.',
  },
  FLOW_URL_REFUSED: {
    meaning: 'A widget calls an address that the configuration does not allow; the request fails.',
    advice: 'Use a public address, or list it under `webhooks.allowHosts` or `webhooks.allowNetworks`.',
  },
  FLOW_URL_VARIABLE: {
    meaning: 'A variable in a URL would decide where the request goes.',
    advice:
      'Let variables stand behind the host. To choose the host by a variable, let it be the whole beginning, as in `$flow.key.base/orders`, and list it under `webhooks.urlVariables`.',
  },
  FLOW_SIP_HEADER: {
    meaning: 'A flow reads a SIP header that this site does not read.',
    advice: 'List the header under `sip.headers` in `offhook.json`; those that begin with `X-` need no entry.',
  },
  FLOW_STEP_LIMIT: {
    meaning: 'A call ran more widgets than the flow allows, most likely in a circle.',
    advice: 'Lead an exit out of the circle, or raise `maxSteps`.',
  },
  FLOW_VALUE_TOO_LARGE: {
    meaning: 'A variable or text would be larger than one call may hold.',
    advice: 'Ask the service for less data, or map only the fields the flow needs.',
  },
  FLOW_READ_ONLY: {
    meaning: 'A widget tried to write a variable that flows cannot write.',
    advice: 'This is a defect of the widget; please report it.',
  },
  FLOW_WIDGET_CRASHED: {
    meaning: 'A widget failed unexpectedly; the call went to its error exit.',
    advice: 'Look up the call in the log for the cause; if it is not in the flow, please report it.',
  },
  FLOW_BAD_EXIT: {
    meaning: 'A widget named an exit it does not have.',
    advice: 'This is a defect of the widget; please report it.',
  },
  FLOW_NO_ERROR_EXIT: {
    meaning: 'A widget took an error exit that neither it, nor its `onError`, nor the flow’s `onError` leads anywhere.',
    advice: 'Wire the exit, or give the flow an `onError`; without one the caller hears the goodbye and the call ends.',
  },
  FLOW_USER_VARIABLES: {
    meaning: 'The stored variables of a contact could not be read or saved.',
    advice: 'Check the database; the log has the cause. The call went on without them.',
  },
} as const;
