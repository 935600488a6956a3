/** Codes of webhooks; part of `CODES`. */
export const WEBHOOKS_CODES = {
  WEBHOOK_REDIRECTED: {
    meaning:
      'The receiver of a report or event answered with a redirect. Offhook does not send it again by itself, because each copy might repeat the work.',
    advice:
      'If the receiver redirects after it has done the work, as script hosts do, set `redirects` of the webhook to `delivered`. If not, set it to `follow`, or correct the `url`. Then replay the dead letters.',
  },
  DELIVERY_FAILED: {
    meaning: 'A report or event could not be delivered. Offhook tries again by its schedule.',
    advice:
      'Read `error` in the log line, or run `offhook deliveries`. The usual cause: the receiver is down or refuses the request.',
  },
  DELIVERY_DEAD: {
    meaning: 'The last attempt to deliver a report or event failed. Offhook keeps it as a dead letter.',
    advice: 'Correct the receiver, then send it again with `offhook deliveries replay`.',
  },
  DELIVERY_UNRECORDED: {
    meaning:
      'A report was sent, but the database did not store the attempt. Until the next start the process remembers it in memory.',
    advice:
      'Look for STORE_UNAVAILABLE or STORE_WRITE_FAILED in the log lines before it. After a restart Offhook may send the report once more, with the same id.',
  },
  OUTBOX_UNREADABLE: {
    meaning: 'The database did not answer which reports are due. Nothing is lost. Offhook asks again in a few seconds.',
    advice: 'Look for STORE_UNAVAILABLE in the log lines before it. Free disk space, or end the program that locks the database.',
  },
  WEBHOOK_UNAWAITED_LIMIT: {
    meaning: 'Too many webhooks that no call waits for were under way. This one was not sent.',
    advice: 'Find out why the service answers so slowly, or have the flow wait for its answer.',
  },
  WEBHOOK_NAME_TAKEN: {
    meaning: 'Two configured webhooks have the same name.',
    advice: 'Give every webhook in webhooks.json its own name.',
  },
  WEBHOOK_SEVERAL_DEFAULTS: {
    meaning: 'More than one configured webhook is marked as default.',
    advice: 'Mark only the webhook that takes the flow-end reports.',
  },
  WEBHOOK_GONE: {
    meaning:
      'A configured webhook answered 410. Offhook sends it nothing more. Its waiting deliveries are dead letters with the cause `endpoint gone`.',
    advice: 'Correct its URL, or enable it again through the API. Then replay its deliveries.',
  },
  WEBHOOK_KIND_MISMATCH: {
    meaning: 'A configured webhook has the kind `functions` and is also marked to take reports or events.',
    advice: 'Remove `default` and `events`, or set `kind` to `report`.',
  },
  WEBHOOK_OPTION_UNUSED: {
    meaning: 'A configured webhook has the native format and also an option of the phonon format.',
    advice: 'Remove the option, or set `format` to `phonon`.',
  },
  WEBHOOK_URL_REFUSED: {
    meaning: 'The configuration does not allow the URL of a configured webhook.',
    advice: 'Use a public https address, or allow it with `allowHttp`, `allowHosts` or `allowNetworks` in the configuration.',
  },
  WEBHOOK_HTTP_NOT_ALLOWED: {
    meaning: 'A flow calls a plain http address, but the configuration allows only https.',
    advice: 'Use https. If you trust the network to the service, set `webhooks.allowHttp` in `offhook.json`.',
  },
  WEBHOOK_PLAIN_PASSWORD: {
    meaning: 'The file contains the secret of a webhook or an integration in plain text.',
    advice: 'Write $secret.NAME instead, and set the secret in the environment or the secrets file.',
  },
  WEBHOOK_UNKNOWN: {
    meaning: 'No configured webhook has this name.',
    advice: 'Correct the name. `offhook webhook list` shows all webhooks.',
  },
  WEBHOOK_INVALID: {
    meaning: 'The webhook is not valid. Nothing was changed.',
    advice: 'Correct what the problems name.',
  },
  WEBHOOK_DEFAULT_NEEDED: {
    meaning: 'Flows post their report to the default webhook, and this change would leave none.',
    advice: 'Mark another webhook as default first, or set `webhook` to false in these flows.',
  },
  WEBHOOK_SERVICE_NEEDED: {
    meaning: 'Flows call functions of this webhook, and this change would leave no service of its name.',
    advice: 'Remove these functions from the flows first, or name another service in them.',
  },
  WEBHOOK_VERSION: {
    meaning: 'Someone else changed the webhook, or the list, in the meantime.',
    advice: 'Read it again and repeat your change.',
  },
  WEBHOOK_FILE_BUSY: {
    meaning: 'Another program is changing the file.',
    advice: 'Try again in a moment.',
  },
  WEBHOOK_FILE_UNWRITABLE: {
    meaning: 'Offhook cannot write the file in the configuration folder.',
    advice:
      'Give the user of Offhook the right to write to the folder, or edit the file by hand. A file that is mounted on its own cannot be replaced.',
  },
  WEBHOOK_TEST_INVALID: {
    meaning: 'The test request is not valid.',
    advice: 'Correct what the message names.',
  },
  WEBHOOK_TEST_LIMIT: {
    meaning: 'Too many test requests run at once, or ran in this minute.',
    advice: 'Wait a minute. The limit protects services from floods of test requests.',
  },
  CLI_NOT_RUNNING: {
    meaning: 'The command needs the running Offhook of this configuration, but no Offhook answers there.',
    advice:
      'Start it with `offhook run`, and check `api.host` and `api.port`. The command cannot find the port when `api.port` is 0.',
  },
  WEBHOOK_CURL_INVALID: {
    meaning: 'The text is not a curl command that Offhook can import.',
    advice: 'Give one whole `curl …` command, as a browser or a documentation page shows it.',
  },
} as const;
