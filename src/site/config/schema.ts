import { z } from 'zod';
import { CODEC_NAMES } from '../../media/codec/codec.js';
import { DEFAULT_GOODBYE } from '../../lib/goodbye.js';
import { isLanguageTag } from '../../lib/language-tag.js';
import {
  section,
  network,
  host,
  ipAddress,
  isIpv6,
  port,
  portOrAny,
  count,
  httpUrl,
  proxyUrl,
  listenAddress,
  retryStatus,
  flowId,
  secretText,
  route,
} from './fields.js';
import { RETRY_STATUSES } from '../../webhooks/attempts/retry-statuses.js';

/*
 * `config/offhook.json`, key by key: type, range, default and meaning. Documentation, the JSON Schema for editors and the
 * environment variables are made from this.
 */

const sip = section('SIP signalling.', {
  listen: z
    .array(listenAddress)
    .min(1)
    .default(['udp://0.0.0.0:5060', 'tcp://0.0.0.0:5060'])
    .describe('Addresses that SIP listens on: `udp://ADDRESS:PORT` or `tcp://ADDRESS:PORT`. Port 0 takes a free one.'),
  externalAddress: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'Address or host name by which others reach this machine, for Via and Contact. null: the local address that a message is sent from.',
    ),
  strictContact: z
    .boolean()
    .default(false)
    .describe(
      'Requests within a call (BYE, re-INVITE) go where Contact and Route say and nowhere else (RFC 3261). false: they also go back where the ' +
        "caller's own come from, for callers behind NAT (docs/nat.md).",
    ),
  allowFrom: z
    .array(network)
    .default([])
    .describe('Addresses and networks that may call; calls from all others are refused. Empty: all may call.'),
  headers: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9\-.!%*_+`'~]{1,64}$/u, 'expected the name of a SIP header')
        .refine((name) => !/^(?:proxy-)?authorization$/iu.test(name), 'credentials are not for flows'),
    )
    .max(50)
    .default(['P-Asserted-Identity', 'Diversion', 'History-Info', 'Call-Info', 'Privacy'])
    .describe('Headers of the INVITE that flows may read as `$call.sipheader.<name>` and native reports show, beside all `X-*`.'),
  showWithheldFrom: z
    .array(network)
    .default([])
    .describe(
      'Trusted trunks: Offhook uses and stores a number even if the caller withholds it (RFC 3323, RFC 3325). From all other addresses ' +
        'such a number is `anonymous`.',
    ),
  invitesPerSecondPerSource: z
    .number()
    .int()
    .min(0)
    .default(200)
    .describe('New calls per second that one address may start; more are refused with 503. 0: no limit.'),
  requestsPerSecondPerSource: z
    .number()
    .int()
    .min(0)
    .default(200)
    .describe(
      'Requests per second of all other methods that one address may send outside its calls (OPTIONS, REGISTER); more are refused with 503, and ' +
        'above twice this number they get no answer. 0: no limit.',
    ),
  server: z
    .strictObject({
      host: z.string().min(1).describe('Host of the drachtio server.'),
      port: port.default(9022).describe('Its control port.'),
      secret: secretText.describe('Its shared secret; `$secret.NAME` takes it from the secrets.'),
    })
    .nullable()
    .default(null)
    .describe('An external drachtio server for signalling. null: the built-in SIP server.'),
  userAgent: z.string().min(1).max(100).default('Offhook').describe('Text of the User-Agent and Server headers.'),
  t1Ms: z.number().int().min(10).max(5000).default(500).describe('RFC 3261 timer T1, the estimated round trip, ms.'),
});

const media = section('RTP audio.', {
  address: ipAddress.default('0.0.0.0').describe('Local address for RTP sockets.'),
  externalAddress: ipAddress
    .nullable()
    .default(null)
    .describe(
      'Address written into SDP. null: the first address of this machine that is not loopback (loopback when SIP listens only there).',
    ),
  address6: z
    .string()
    .refine((text) => text === 'auto' || text === 'off' || isIpv6(text), 'expected an IPv6 address, `auto` or `off`')
    .default('auto')
    .describe(
      'Local address of RTP sockets for callers that offer audio over IPv6, where `media.address` is IPv4. `auto`: an address of this machine, where it has IPv6: the first that is not loopback (of the interface of `media.address`, when that names one), and loopback for callers on this machine. `off`: no audio over IPv6.',
    ),
  externalAddress6: z
    .string()
    .refine(isIpv6, 'expected an IPv6 address')
    .nullable()
    .default(null)
    .describe('Address written into SDP for audio over IPv6. null: the local one.'),
  ports: section('UDP ports for RTP, two for each leg of a call: the even one carries it, the odd one stays free.', {
    from: port.min(1024).default(10_000).describe('First port.'),
    to: port.min(1024).default(11_999).describe('Last port.'),
  }),
  workers: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe('Media workers: threads that carry audio. 0: Offhook chooses by the number of cores.'),
  codecs: z
    .array(z.enum(CODEC_NAMES))
    .min(1)
    .default([...CODEC_NAMES])
    .describe('Codecs that Offhook offers and accepts, the preferred one first.'),
  timeoutSeconds: z
    .number()
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .describe('Seconds without RTP from the caller after which a call is ended. 0: never.'),
});

const speechProvider = z.enum(['flite', 'espeak']);

const speech = section('Spoken text.', {
  provider: speechProvider
    .default('flite')
    .describe(
      '`flite` is built in and speaks US English; `espeak` is the system’s espeak-ng, which must be installed and speaks many languages.',
    ),
  languages: z
    .record(z.string().min(2).max(35), speechProvider)
    .default({})
    .describe(
      'Provider by language, e.g. `{ "de": "espeak", "en-GB": "espeak" }`. If `provider` does not speak a language, a provider that speaks it is used.',
    ),
});

const routing = section('Which flow answers which number.', {
  numbers: z.array(route).default([]).describe('Routes. An exact number is used first, then the longest prefix.'),
  default: flowId.nullable().default(null).describe('Flow for all other numbers. null: calls to them are refused with 404.'),
});

const limits = section('Limits of one process.', {
  calls: count.default(1000).describe('Calls at the same time; more are refused with 503.'),
  callsPerSecond: count.default(100).describe('New calls per second; more are refused with 503.'),
  callsPerSource: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Calls from one address at the same time; more are refused with 503. 0: only `calls` limits them.'),
  unacknowledgedPerSource: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'Answered calls of one address that may wait for their ACK. Above this number Offhook ends the oldest ones. 0: a quarter of `calls`.',
    ),
  callMinutes: z.number().min(0.05).max(1440).default(60).describe('Maximum length of a call, minutes.'),
  steps: count.max(10_000).default(1000).describe('Maximum number of widgets that one call runs. A flow may set another limit.'),
  anchorSeconds: count.max(3600).default(120).describe('Maximum time that the branches after a hang-up may take, seconds.'),
});

const webhooks = section('Addresses that webhooks may reach, and limits of their requests.', {
  allowHttp: z.boolean().default(false).describe('true: URLs without TLS (plain http) are allowed.'),
  allowHosts: z.array(host).default([]).describe('Hosts that may resolve to private addresses, as `host` or `host:port`.'),
  allowNetworks: z.array(network).default([]).describe('Private addresses and networks that webhooks may reach.'),
  urlVariables: z
    .array(z.string().regex(/^\$[A-Za-z][^\s]{0,199}$/u, 'expected the name of a variable, such as $flow.key.base'))
    .max(100)
    .default([])
    .describe(
      'Variables that may stand at the beginning of a URL and so choose the host of a request, e.g. `$flow.key.base`. Name only variables that no ' +
        'caller can set: headers and secrets are sent to this host. A variable with an initial value under `variables` of its flow needs no entry.',
    ),
  proxy: proxyUrl
    .nullable()
    .default(null)
    .describe(
      'HTTP proxy for webhooks, reports and prompt audio. The proxy resolves host names, so it decides which addresses they lead to. `$secret.NAME` is replaced, as in `http://ivr:$secret.proxy@192.0.2.1:3128`.',
    ),
  maxResponseBytes: z
    .number()
    .int()
    .min(1024)
    .max(1024 * 1024)
    .default(1024 * 1024)
    .describe('Maximum size of an answer, bytes after decompression.'),
  maxHeaderBytes: z
    .number()
    .int()
    .min(1024)
    .max(256 * 1024)
    .default(16 * 1024)
    .describe('Maximum size of status line and headers of an answer, bytes. The same limit holds for its trailers.'),
  retryStatuses: z
    .array(retryStatus)
    .max(100)
    .default([...RETRY_STATUSES])
    .describe(
      'Answer statuses after which a request with `retries` is tried again and a `fallbackUrl` is asked. A widget may have its own list.',
    ),
  sign: z
    .string()
    .min(1)
    .max(64)
    .nullable()
    .default(null)
    .describe('Signer of `credentials.json` for webhooks that name no signer. `"sign": false` in a widget turns it off.'),
  concurrencyPerHost: count
    .max(10_000)
    .default(1000)
    .describe('Requests of calls to one host at the same time. Others wait in a queue, within their own timeout.'),
  breaker: section(
    'Circuit breaker: Offhook sends no requests for a while to a host that keeps failing, so that other calls lose no time.',
    {
      failures: z
        .number()
        .int()
        .min(0)
        .max(1000)
        .default(10)
        .describe('Broken connections and timeouts in a row that open the circuit breaker. 0: it never opens.'),
      windowSeconds: count.max(3600).default(60).describe('Time within which these failures must happen, seconds.'),
      openSeconds: z
        .number()
        .min(0.1)
        .max(3600)
        .default(5)
        .describe('Time that an open breaker refuses requests at once, seconds. Then one request tests the host.'),
      serverErrors: z.boolean().default(false).describe('true: answers with a status of 500 and above are failures too.'),
    },
  ),
});

const reports = section('Delivery of flow-end reports.', {
  retrySeconds: z
    .array(z.number().min(0).max(604_800))
    .max(30)
    .default([5, 300, 1800, 7200, 18_000, 36_000, 36_000, 43_200])
    .describe(
      'Wait before each new attempt, seconds. Each wait is longer by up to a tenth, at random, and at least as long as Retry-After asks. ' +
        'After the last attempt a delivery is dead until it is replayed.',
    ),
  timeoutSeconds: count.max(300).default(10).describe('Maximum time of an attempt, seconds.'),
  concurrencyPerHost: count.max(100).default(4).describe('Attempts at the same time to one host.'),
  maxRetryAfterSeconds: count
    .max(604_800)
    .default(86_400)
    .describe('Maximum wait that a server may ask for with Retry-After, seconds.'),
  recordingWaitSeconds: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(60)
    .describe(
      'Time that a report waits for a recording that is not final when the call ends, seconds. Then the report is sent without it, and an amendment follows.',
    ),
});

const recordings = section('Recordings.', {
  dir: z.string().min(1).default('recordings').describe('Folder, below `data.dir` unless absolute.'),
  publicUrl: httpUrl
    .nullable()
    .default(null)
    .describe('URL by which others reach the API, for links to recordings. null: `api.publicUrl`.'),
  urlHours: count.max(87_600).default(168).describe('Time that a link to a recording works, hours.'),
  keepDays: z.number().int().min(0).default(0).describe('Recordings older than this many days are deleted. 0: never.'),
});

const api = section('The HTTP API.', {
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address that the API listens on. Without a key only a loopback address is allowed.'),
  port: portOrAny.default(3000).describe('Port. 0 takes a free one.'),
  keys: z
    .array(secretText)
    .default([])
    .describe('API keys, at least 16 characters each; `$secret.NAME` takes one from the secrets.'),
  publicUrl: httpUrl.nullable().default(null).describe('URL by which others reach the API. null: made of host and port.'),
  connectionsPerAddress: z
    .number()
    .int()
    .min(0)
    .max(500)
    .default(100)
    .describe(
      'Idle connections that one address may have, and requests that it may have under way. 0: no limit for one address. Behind a proxy all clients have the address of the proxy.',
    ),
});

const store = section('The database.', {
  file: z.string().min(1).default('offhook.db').describe('SQLite file, below `data.dir` unless absolute.'),
  keepDays: z.number().int().min(0).default(0).describe('Calls and their journals are deleted after this many days. 0: never.'),
});

const functions = section('Internal functions.', {
  linkDays: z
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(90)
    .describe('Time that a short link works if the request names none, days. 0: it never expires.'),
  publicUrl: httpUrl
    .nullable()
    .default(null)
    .describe('URL by which others reach short links: a link is `<publicUrl>/s/<code>`. null: `api.publicUrl`.'),
  translation: z
    .strictObject({
      url: httpUrl.describe('Base URL of a service that speaks the HTTP API of LibreTranslate; `/translate` is added.'),
      apiKey: secretText
        .nullable()
        .default(null)
        .describe('API key of the service; `$secret.NAME` takes it from the secrets. null: the service needs none.'),
    })
    .nullable()
    .default(null)
    .describe('Translation service for the function `translateText`. null: none; the function fails.'),
});

/** The whole of `config/offhook.json`. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Path of the JSON Schema, for editors.'),
    sip,
    media,
    speech,
    routing,
    limits,
    webhooks,
    functions,
    reports,
    recordings,
    api,
    store,
    data: section('Files that Offhook writes.', {
      dir: z
        .string()
        .min(1)
        .default('data')
        .describe('Folder for database, recordings and caches; below the configuration folder unless absolute.'),
    }),
    log: section('Logging.', {
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Lowest severity that is logged.'),
    }),
    drainSeconds: z
      .number()
      .int()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('Time that calls may go on after SIGTERM before Offhook ends them, seconds.'),
    goodbye: z
      .string()
      .min(1)
      .max(500)
      .default(DEFAULT_GOODBYE.text)
      .describe('Text spoken to the caller when a flow fails and wires no error exit for it.'),
    goodbyeLanguage: z
      .string()
      .min(2)
      .max(35)
      .refine(isLanguageTag, 'must be a language tag such as en-US')
      .default(DEFAULT_GOODBYE.language)
      .describe('Language of `goodbye`, BCP 47.'),
  })
  .describe('Configuration of Offhook');

/** The settings as parsed, before secrets and paths are put in. */
export type Settings = z.output<typeof configSchema>;
