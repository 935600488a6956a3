/**
 * Every code a user can meet, with its one-line meaning and what to do. `docs/errors.md` is generated from this table.
 * A code never changes its meaning; messages may. Add yours in the section of your room.
 */
export const CODES = {
  // configuration
  CONFIG_UNREADABLE: {
    meaning: 'A configuration file is missing or is not JSON.',
    advice: 'Check that the file exists, is readable by this user and is valid JSON.',
  },
  CONFIG_INVALID: {
    meaning: 'A value in the configuration has the wrong type or is out of range.',
    advice: 'Correct the value at the path shown; docs/reference/configuration.md lists every setting.',
  },
  CONFIG_UNKNOWN_KEY: {
    meaning: 'A setting that Offhook does not know.',
    advice: 'Remove it or correct its spelling; docs/reference/configuration.md lists every setting.',
  },
  CONFIG_SECRET_MISSING: {
    meaning: 'The configuration names a secret that is not set.',
    advice: 'Set the environment variable `OFFHOOK_SECRET_<NAME>` or add the name to `secrets.json` beside `offhook.json`.',
  },
  CONFIG_SECRETS_EXPOSED: {
    meaning: 'Everybody on this machine can read `secrets.json`.',
    advice: 'Take the permission away: `chmod 600 config/secrets.json`.',
  },
  CONFIG_CONFLICT: {
    meaning: 'Two settings do not fit each other.',
    advice: 'Change one of the two; docs/reference/configuration.md explains both.',
  },
  FLOW_DUPLICATE_ID: {
    meaning: 'Two flow files have the same `id`.',
    advice: 'Give one of them another id, or remove the file you do not need.',
  },
  ROUTE_UNKNOWN_FLOW: {
    meaning: 'A number is routed to a flow that does not exist.',
    advice: 'Correct the flow id under `routing` in `offhook.json`, or add the flow.',
  },
  // api
  API_UNAUTHORIZED: {
    meaning: 'The request has no valid API key.',
    advice: 'Send a key of `api.keys` as `Authorization: Bearer KEY` or `X-API-Key: KEY`.',
  },
  API_THROTTLED: {
    meaning: 'This address sent too many wrong API keys.',
    advice: 'Wait a minute, then try again with the right key.',
  },
  API_NOT_LOCAL: {
    meaning: 'The API has no key, so it answers only programs of its own machine, not web pages.',
    advice: 'Call it as `localhost` or `127.0.0.1` without an `Origin` header, or set a key under `api.keys`.',
  },
  API_FOREIGN_PAGE: {
    meaning: 'A web page of another site tried to open the live events.',
    advice: 'Serve the page from `api.publicUrl`, or connect from a program, which sends no `Origin`.',
  },
  API_TOO_MANY_CLIENTS: {
    meaning: 'Too many clients follow the live events.',
    advice: 'Close some, or try again later.',
  },
  API_BAD_REQUEST: {
    meaning: 'A parameter or the body of the request is not valid.',
    advice: 'Correct what the message names; `/openapi.json` describes every request.',
  },
  API_TOO_LARGE: {
    meaning: 'The body of the request is too large.',
    advice: 'Send less; `/openapi.json` describes every request.',
  },
  API_NOT_FOUND: {
    meaning: 'There is nothing at this address.',
    advice: 'Check the address and the id; `/openapi.json` lists every path.',
  },
  API_CALL_OVER: {
    meaning: 'The call is over already.',
    advice: 'Nothing needs to be done.',
  },
  API_LINK_INVALID: {
    meaning: 'The link to the recording was not made by this installation, or was changed.',
    advice: 'Use the link exactly as the report or the API gave it.',
  },
  API_LINK_EXPIRED: {
    meaning: 'The link to the recording is no longer valid.',
    advice: 'Download the recording through `/v1/calls/{id}/recordings/{recording}` with an API key.',
  },
  API_FAILED: {
    meaning: 'Something in Offhook went wrong while it answered.',
    advice: 'Try again; the log of Offhook has the cause.',
  },
  API_LISTEN_FAILED: {
    meaning: 'The API could not be opened at its address.',
    advice: 'Check `api.host` and `api.port`: another program may use the port.',
  },
  API_OPEN_WITHOUT_KEY: {
    meaning: 'The API would be open to the network without a key.',
    advice: 'Set a key under `api.keys`, or bind to 127.0.0.1.',
  },
  // store
  DATA_FOLDER_UNUSABLE: {
    meaning: 'A folder Offhook writes to cannot be made or written.',
    advice: 'Give this user a folder it may write to, or name another one under `data.dir` or `recordings.dir`.',
  },
  STORE_OPEN_FAILED: {
    meaning: 'The database file could not be opened or brought up to date.',
    advice:
      'Check that `store.file` lies in a folder this user may write to and is a database of Offhook; the log has the cause.',
  },
  STORE_IN_USE: {
    meaning: 'Another running Offhook uses the same database.',
    advice: 'Stop the other one, or give each its own `data.dir`.',
  },
  STORE_TOO_NEW: {
    meaning: 'The database was written by a newer Offhook.',
    advice: 'Start the newer version again, or point `store.file` at a backup made before the upgrade.',
  },
  STORE_UNAVAILABLE: {
    meaning: 'The database has not accepted writes for a while, and what waits for it has reached its limit.',
    advice:
      'Free disk space or end the program that locks the database; nothing that was accepted is lost, new calls are refused.',
  },
  // flow
  FLOW_UNREADABLE: {
    meaning: 'A flow file cannot be read or is not JSON.',
    advice: 'Check that the file is readable by this user and is valid JSON.',
  },
  FLOW_INVALID: {
    meaning: 'A field of a flow or of a widget is missing, has the wrong type or is out of range.',
    advice: 'Correct the field at the path shown; docs/reference/widgets.md lists every field.',
  },
  FLOW_DUPLICATE_FIELD: {
    meaning: 'An object of a flow file has two fields of one name; only the last would count.',
    advice: 'Rename or remove one of them.',
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
    meaning: 'The flow wants its report posted, but no webhook is marked as default (F2).',
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
  FLOW_CHECK_FAILED: {
    meaning: 'A widget’s own check found a problem in its configuration.',
    advice: 'Follow the advice of the message.',
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
  // widgets
  EXPRESSION_FAILED: {
    meaning: 'An expression could not be evaluated.',
    advice: 'Correct it, or make sure that its variables have values of the right type before this widget.',
  },
  VALUE_NOT_A_NUMBER: {
    meaning: 'A value that is calculated with is not a number.',
    advice: 'Check it with a condition (isType number) before this widget, or wire its failed exit.',
  },
  VALUE_NOT_A_DATE: {
    meaning: 'A value is not a date of the expected form.',
    advice: 'Use ISO 8601, or give the form it is written in; wire the failed exit if callers enter it.',
  },
  VALUE_NOT_JSON: {
    meaning: 'A value is not JSON of the expected type.',
    advice: 'Check where the value comes from.',
  },
  VALUE_NOT_BASE64: {
    meaning: 'A value is not text in Base64.',
    advice: 'Check where the value comes from.',
  },
  VALUE_NOT_FOUND: {
    meaning: 'There is nothing at that place of a text, list or object.',
    advice: 'Check the path or position, or wire the failed exit.',
  },
  VALUE_TOO_LONG: {
    meaning: 'A text is too long for this operation.',
    advice: 'Shorten it first; an operation takes 65,536 characters and gives 1,048,576.',
  },
  NUMBER_OUT_OF_RANGE: {
    meaning: 'A calculation has no result that can be kept, e.g. a division by zero.',
    advice: 'Check the numbers with a condition before this widget, or wire its failed exit.',
  },

  // prompts and speech
  SPEECH_FAILED: {
    meaning: 'A text could not be spoken: the speech provider is missing, has no such voice, failed or took too long.',
    advice: 'Check the voice and the provider named in the message, and `speech` in the configuration; the log has the details.',
  },
  SPEECH_LANGUAGE_UNSUPPORTED: {
    meaning: 'No speech provider speaks the language of a text.',
    advice:
      'Install espeak-ng, configure a provider for the language, correct the language tag, or play a recorded file instead.',
  },
  PROMPT_NOT_FOUND: {
    meaning: 'A prompt file does not exist below the prompts folder.',
    advice:
      'Check the spelling of the path (it is relative to the prompts folder and may not leave it) and that this user may read it.',
  },
  PROMPT_UNREADABLE: {
    meaning: 'An audio file is damaged, empty, or in a format that is not played.',
    advice: 'Save it as WAV (PCM, float, A-law or µ-law), MP3 or Ogg (Opus, Vorbis).',
  },
  PROMPT_TOO_LARGE: {
    meaning: 'An audio file is above 4 MB, a prompt above 10 minutes, or a text above 5,000 characters.',
    advice: 'Shorten it or split it over several segments; 8 kHz mono needs the least space.',
  },
  PROMPT_FETCH_FAILED: {
    meaning: 'Audio could not be fetched from its URL.',
    advice:
      'Check the address, that the server answers within the time allowed, and that the address is not blocked by the guard.',
  },
  // webhooks
  WEBHOOK_NAME_TAKEN: {
    meaning: 'Two configured webhooks have the same name.',
    advice: 'Give every webhook of webhooks.json its own name.',
  },
  WEBHOOK_SEVERAL_DEFAULTS: {
    meaning: 'More than one configured webhook is marked as default (F1).',
    advice: 'Leave the mark on the one that takes the flow-end reports.',
  },
  WEBHOOK_URL_REFUSED: {
    meaning: 'The URL of a configured webhook is not one that may be called.',
    advice: 'Use a public https address, or allow it with `allowHttp`, `allowHosts` or `allowNetworks` in the configuration.',
  },
  WEBHOOK_HTTP_NOT_ALLOWED: {
    meaning: 'A flow calls a plain http address, and the configuration allows https only.',
    advice: 'Use https, or set `webhooks.allowHttp` in `offhook.json` if the network in between can be trusted.',
  },
  WEBHOOK_PLAIN_PASSWORD: {
    meaning: 'A configured webhook has its password in the file.',
    advice: 'Write $secret.NAME and set the secret in the environment or the secrets file.',
  },
  // signalling
  SIP_PORT_IN_USE: {
    meaning: 'Another program has the port that SIP was to listen on.',
    advice: 'Stop the other program, or configure another port.',
  },
  SIP_ADDRESS_UNAVAILABLE: {
    meaning: 'SIP was to listen on an address that this machine does not have.',
    advice: 'Configure one of its own addresses, or 0.0.0.0 for all of them.',
  },
  SIP_START_FAILED: {
    meaning: 'The signalling server could not start.',
    advice: 'The message names the cause; a port below 1024 needs special rights.',
  },
  SIP_OPTIONS_INVALID: {
    meaning: 'A setting of the signalling server cannot be used.',
    advice: 'Correct the setting that the message names.',
  },
  SIP_SERVER_UNREACHABLE: {
    meaning: 'The signalling server of `sip.server` does not answer.',
    advice: 'Check its host and port and that it runs; without `sip.server` Offhook starts its own.',
  },
  SIP_SERVER_SECRET: {
    meaning: 'The signalling server refused the secret of `sip.server`.',
    advice: 'Set the secret that the server is configured with, and start again.',
  },
  SIP_SERVER_LOST: {
    meaning: 'The connection to the signalling server broke; the calls that lived were ended.',
    advice: 'Nothing while it comes back by itself; if it does not, check that the server runs. The log says when it is back.',
  },
  // media
  NO_PORTS: {
    meaning: 'Every RTP port of the configured range is in use; the call was refused.',
    advice: 'Widen the range of RTP ports: each call takes two, the even one and the one after it.',
  },
  OVERLOADED: {
    meaning: 'The media workers are at their limit; the call was refused so that the calls there are keep their quality.',
    advice: 'Give the machine more cores, raise the number of media workers, or send fewer calls to this node.',
  },
  SOCKET: {
    meaning: 'The system refused an RTP socket.',
    advice:
      'Check that the media address exists on this machine and that the process may open enough files; the log has the cause.',
  },
  SDP_INVALID: {
    meaning: 'The session description of the far end is malformed, or names an address that cannot be sent to.',
    advice: 'Check the offer in the call trace against RFC 4566; the message says which line is at fault.',
  },
  SDP_NO_AUDIO: {
    meaning: 'The far end offers no audio over RTP/AVP.',
    advice: 'Offer plain RTP audio on the trunk; SRTP and ICE are not supported on this leg.',
  },
  SDP_NO_COMMON_CODEC: {
    meaning: 'The far end offers neither PCMU nor PCMA.',
    advice: 'Allow G.711 (PCMU or PCMA at 8 kHz) on the trunk.',
  },
  // calls
  CALL_ENDED: {
    meaning: 'Something was asked of a call that is over.',
    advice: 'Nothing is wrong: the caller or the flow hung up first. Audio is not possible in the anchors after the end.',
  },
  MEDIA_START_FAILED: {
    meaning: 'The media engine could not bind RTP sockets.',
    advice: 'Check `media.address` and `media.ports`: the address must belong to this machine and the ports must be free.',
  },
  RECORDING_FAILED: {
    meaning: 'A recording could not be started or finished.',
    advice:
      'Check that the recordings folder exists, that this user may write there and that the disk is not full; the log has the cause.',
  },
  RECORDING_NOT_FOUND: {
    meaning: 'A recording was to be stopped that was never started on this call.',
    advice: 'Start it first, or correct its name in the flow.',
  },
} as const satisfies Record<string, { meaning: string; advice: string }>;

/** One of the documented codes. */
export type Code = keyof typeof CODES;
