/* What errors of the system, of Node and of OpenSSL mean, in words for the person who runs the server. The code stays in brackets, to look it up. */

/** By the code of the error; OpenSSL's are recognised in its message too, since Node gives some of them the code EPROTO. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  // Names and addresses.
  [/^(?:ENOTFOUND|EAI_NONAME|EAI_NODATA|ENODATA)$/u, 'the name of the host is not known (no address in the DNS)'],
  [
    /^(?:EAI_AGAIN|EAI_FAIL|ESERVFAIL|EREFUSED)$/u,
    'the DNS gave no answer for the name of the host; its name server fails or cannot be reached',
  ],
  [/^ECONNREFUSED$/u, 'the connection was refused: nothing listens on that port'],
  [/^ECONNRESET$/u, 'the server broke the connection off'],
  [/^ECONNABORTED$/u, 'the connection was broken off on this machine'],
  [/^EPIPE$/u, 'the server closed the connection while the request was sent'],
  [/^ETIMEDOUT$/u, 'the server did not answer on the network'],
  [/^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN)$/u, 'there is no way to the server on the network'],
  [/^(?:EADDRNOTAVAIL|EAFNOSUPPORT)$/u, 'this machine has no address to reach the server from'],
  [/^(?:EACCES|EPERM)$/u, 'a firewall of this machine forbids the connection'],
  [/^(?:EMFILE|ENFILE)$/u, 'this machine has no more connections to give: too many files are open'],
  // Certificates of the server: X509_V_ERR_* as Node names them.
  [/^CERT_HAS_EXPIRED$/u, 'the certificate of the server has expired'],
  [/^CERT_NOT_YET_VALID$/u, 'the certificate of the server is not valid yet; is the clock right?'],
  [
    /^DEPTH_ZERO_SELF_SIGNED_CERT$/u,
    'the certificate of the server is self-signed; name it to Offhook by NODE_EXTRA_CA_CERTS or in a credential',
  ],
  [
    /^SELF_SIGNED_CERT_IN_CHAIN$/u,
    'the certificate of the server comes from an authority that is not known here; name it by NODE_EXTRA_CA_CERTS or in a credential',
  ],
  [
    /^UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)$/u,
    'the certificate of the server cannot be traced to a known authority: the server leaves out an intermediate certificate, or its authority is not known here',
  ],
  [/^CERT_REVOKED$/u, 'the certificate of the server has been revoked'],
  [/^HOSTNAME_MISMATCH$/u, 'the certificate of the server is for another name'],
  [/^(?:CERT_|CRL_|UNABLE_TO_|INVALID_|PATH_LENGTH_EXCEEDED)/u, 'the certificate of the server is not valid'],
  // What OpenSSL and the far end say about the handshake.
  [/NO_APPLICATION_PROTOCOL/u, 'the server speaks HTTP/2 only; Offhook speaks HTTP/1.1'],
  [
    /HTTP_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/u,
    'the server speaks no TLS on that port; is it http and not https?',
  ],
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE|INAPPROPRIATE_FALLBACK/u,
    'the server and Offhook have no version of TLS in common; Offhook takes 1.2 and 1.3',
  ],
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/u,
    'the server ended the TLS handshake: it wants a client certificate, or has no cipher in common with Offhook',
  ],
  [
    /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|NO_CERTIFICATE|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/u,
    'the server does not accept the client certificate',
  ],
  [/NO_SHARED_CIPHER|NO_CIPHERS|INSUFFICIENT_SECURITY/u, 'the server and Offhook have no TLS cipher in common'],
  [/(?:KEY|MD|KEX)_TOO_(?:SMALL|WEAK)/u, 'the server uses TLS keys that are too weak'],
  [/UNRECOGNIZED_NAME/u, 'the server does not know the name of the host'],
  [/UNSAFE_LEGACY_RENEGOTIATION/u, 'the server speaks a form of TLS that is not safe'],
  [/ALERT_INTERNAL_ERROR/u, 'the server ended the TLS handshake by an error of its own; it may not know the name of the host'],
  [/^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/u, 'the TLS handshake with the server failed'],
];

/** Node's words for a far end that goes in the middle of the handshake; the code alone would tell of a broken answer. */
const BEFORE_SECURE = /before secure TLS connection was established/u;

/** `Host: a. is not in the cert's altnames: DNS:b, DNS:c`. */
const OTHER_NAMES =
  /^Hostname\/IP does not match certificate's altnames: (?:Host|IP): (.+?)\.? is not (?:in the cert's altnames|in the cert's list): (.*)$/su;
/** Longest list of a certificate's names that is shown, characters. */
const MAX_NAMES = 150;

/** What an error with such a code means; null when there are no words for it. Errors of the system say which address they mean. */
export function failureText(error: Error): string | null {
  const { message } = error;
  const { code = '', address, port } = error as NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${otherNames(message)} (${code})`;
  if (BEFORE_SECURE.test(message)) return `the server closed the connection during the TLS handshake (${code})`;
  // The reason of OpenSSL stands behind the routine, in words: `…:tlsv1 alert no application protocol:…`.
  const told = `${code} ${message.toUpperCase().replace(/[ ]+/gu, '_')}`;
  const byTls = /^(?:ERR_SSL_|EPROTO$)/u.test(code);
  const words = WORDS.find(
    ([pattern]) => pattern.test(code) || (byTls && !pattern.source.startsWith('^') && pattern.test(told)),
  )?.[1];
  const where = address === undefined || port === undefined ? '' : ` ${address.includes(':') ? `[${address}]` : address}:${port}`;
  return words === undefined ? null : `${words} (${code}${where})`;
}

function otherNames(message: string): string {
  const [, host, names] = OTHER_NAMES.exec(message) ?? [];
  if (host === undefined || names === undefined) return 'the certificate of the server is for another name';
  const shown = names.replaceAll('DNS:', '').replaceAll('IP Address:', '');
  return `the certificate of the server is not for ${host} but for ${shown.length > MAX_NAMES ? `${shown.slice(0, MAX_NAMES)}…` : shown}`;
}

/** What the parser says of an answer, in words. */
const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [/chunk size|chunk extension|Chunk size/u, 'the size of a chunk of its body is no number, or its line is broken'],
  [/chunk data/u, 'a chunk of its body is not as long as its size says'],
  [/CR|LF/u, 'one of its lines does not end with CR LF'],
  [/whitespace after header value|space after start line/u, 'a header goes on in a second line, which HTTP allows no more'],
  [/header token|header field/u, 'a header line has a name that HTTP does not allow, or no colon'],
  [/header value char/u, 'a header holds a control character'],
  [/Duplicate Content-Length/u, 'it has two Content-Length headers'],
  [/can't be present with/u, 'it has both Content-Length and Transfer-Encoding, so that nobody can know where its body ends'],
  [/Content-Length/u, 'its Content-Length is no number'],
  [/Transfer-Encoding/u, 'its Transfer-Encoding does not end with chunked'],
  [/[Ss]tatus/u, 'its status line has no status of three digits'],
  [/version|Expected dot/u, 'its status line names no version of HTTP'],
  [/Data after/u, 'more follows it than its headers say'],
  [/EOF/u, 'the connection was closed before it was whole'],
];

/** How other protocols begin. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^[\u0014-\u0017]\u0003/u, 'the server speaks TLS on that port; is it https and not http?'],
  [/^\u0000.{2}[\u0004\u0007]/su, 'the server speaks HTTP/2 only; Offhook speaks HTTP/1.1'],
  [/^SSH-/u, 'an SSH server listens on that port'],
  [/^(?:220|\+OK|\* OK)/u, 'a mail or FTP server listens on that port'],
  [/^(?:SIP|RTSP|ICY)\b/u, 'a server of another protocol listens on that port'],
  [/^\s*[<{[]/u, 'it begins with its body and has no status line'],
];

/** What is wrong with an answer that the parser refused, as a sentence part. */
export function responseProblem({ message, data }: { readonly message: string; readonly data?: unknown }): string {
  if (/Expected HTTP/u.test(message)) {
    const begin = Buffer.isBuffer(data) ? data.toString('latin1', 0, 16) : typeof data === 'string' ? data.slice(0, 16) : '';
    return OTHERS.find(([pattern]) => pattern.test(begin))?.[1] ?? 'it does not begin with HTTP/1.1 and a status';
  }
  return MISTAKES.find(([pattern]) => pattern.test(message))?.[1] ?? 'it breaks a rule of HTTP/1.1';
}
