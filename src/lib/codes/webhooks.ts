/** Codes of webhooks; part of `CODES`. */
export const WEBHOOKS_CODES = {
  WEBHOOK_REDIRECTED: {
    meaning:
      'The receiver of a report or event answered with a redirect. It is not sent again by itself: each copy might do the work once more.',
    advice:
      'Script hosts redirect when the work is done: set `redirects` of the webhook to `delivered`. Else set it to `follow`, or correct its `url`. Then replay what is dead.',
  },
  DELIVERY_FAILED: {
    meaning: 'A report or event could not be delivered; it is tried again by its schedule.',
    advice: 'Read `error` in the log line, or `offhook deliveries`: mostly the receiver is down or refuses the request.',
  },
  DELIVERY_DEAD: {
    meaning: 'A report or event was given up after its last try. It is kept.',
    advice: 'Mend the receiver, then send it again with `offhook deliveries replay`.',
  },
  DELIVERY_UNRECORDED: {
    meaning:
      'A report was sent and the database did not take the record of it. Until the next start this process goes by its own memory of it.',
    advice:
      'Look for STORE_UNAVAILABLE or STORE_WRITE_FAILED in the lines before; after a restart the report may be sent once more, with the same id.',
  },
  OUTBOX_UNREADABLE: {
    meaning: 'The database did not say which reports are due. Nothing is lost; it is asked again in a few seconds.',
    advice: 'Look for STORE_UNAVAILABLE in the lines before; free disk space or end the program that locks the database.',
  },
  WEBHOOK_UNAWAITED_LIMIT: {
    meaning: 'Too many webhooks that no call waits for were under way at once; this one was not sent.',
    advice: 'Find out why the service answers so slowly, or have the flow wait for its answer.',
  },
  WEBHOOK_NAME_TAKEN: {
    meaning: 'Two configured webhooks have the same name.',
    advice: 'Give every webhook of webhooks.json its own name.',
  },
  WEBHOOK_SEVERAL_DEFAULTS: {
    meaning: 'More than one configured webhook is marked as default.',
    advice: 'Leave the mark on the one that takes the flow-end reports.',
  },
  WEBHOOK_GONE: {
    meaning:
      'A configured webhook answered 410: it is sent nothing more, and what was meant for it is dead with the cause `endpoint gone`.',
    advice: 'Correct its URL, or enable it again through the API, then replay its deliveries.',
  },
  WEBHOOK_KIND_MISMATCH: {
    meaning: 'A configured webhook that answers functions is marked to take reports or events.',
    advice: 'Remove `default` and `events`, or set `kind` to `report`.',
  },
  WEBHOOK_OPTION_UNUSED: {
    meaning: 'A configured webhook takes its reports in the native format and has an option of the phonon format.',
    advice: 'Remove the option, or set `format` to `phonon`.',
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
    meaning: 'A webhook or an integration has its secret written out.',
    advice: 'Write $secret.NAME and set the secret in the environment or the secrets file.',
  },
  WEBHOOK_UNKNOWN: {
    meaning: 'There is no configured webhook of this name.',
    advice: '`offhook webhook list` shows those there are.',
  },
  WEBHOOK_INVALID: {
    meaning: 'A webhook cannot be configured like this; nothing was changed.',
    advice: 'Correct what the problems name.',
  },
  WEBHOOK_DEFAULT_NEEDED: {
    meaning: 'Flows post their report to the default webhook, and there would be none.',
    advice: 'Make another webhook the default first, or switch the report of these flows off.',
  },
  WEBHOOK_SERVICE_NEEDED: {
    meaning: 'Flows call functions of this webhook, and there would be none.',
    advice: 'Take the functions out of these flows first, or name another service in them.',
  },
  WEBHOOK_VERSION: {
    meaning: 'The webhook, or the list, was changed by somebody else meanwhile.',
    advice: 'Read it again and repeat the change.',
  },
  WEBHOOK_FILE_BUSY: {
    meaning: 'The file is being changed by another program.',
    advice: 'Try again in a moment.',
  },
  WEBHOOK_FILE_UNWRITABLE: {
    meaning: 'The file in the configuration folder cannot be written.',
    advice:
      'Give the user of Offhook the right to write the folder (a file mounted on its own cannot be replaced), or edit it by hand.',
  },
  WEBHOOK_TEST_INVALID: {
    meaning: 'The request cannot be tested like this.',
    advice: 'Correct what the message names.',
  },
  WEBHOOK_TEST_LIMIT: {
    meaning: 'Too many test requests at once, or in this minute.',
    advice: 'Wait a minute: tests are limited so that nobody uses them to flood a service.',
  },
  CLI_NOT_RUNNING: {
    meaning: 'The command asks the running Offhook of this configuration, and nothing answers there.',
    advice: 'Start it with `offhook run`, and check `api.host` and `api.port`: with port 0 the command cannot know the port.',
  },
  WEBHOOK_CURL_INVALID: {
    meaning: 'This is not a curl command that can be imported.',
    advice: 'Give one whole `curl …` command as a browser or a page of documentation shows it.',
  },
} as const;
