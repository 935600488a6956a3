// A receiver of signed webhooks in plain Node.js, without any package. Start it with
//   SIGNATURE_SECRETS=new,old API_KEY=abc STANDARD_SECRETS=whsec_… PORT=8080 node receiver.mjs
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { SIGNATURE_SECRETS = '', STANDARD_SECRETS = '', API_KEY = '', PORT = '8080' } = process.env;
// Several secrets are good while one replaces another.
const jwtSecrets = SIGNATURE_SECRETS.split(',').filter(Boolean);
const standardKeys = STANDARD_SECRETS.split(',')
  .filter(Boolean)
  .map((text) => Buffer.from(text.replace('whsec_', ''), 'base64'));
const FRESH_SECONDS = 300;

const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const isFresh = (seconds) => Math.abs(Date.now() / 1000 - seconds) <= FRESH_SECONDS;

// Ids taken, until they are too old to be fresh: nothing is taken twice.
const seen = new Map();
function isNew(id) {
  for (const [old, until] of seen) if (until < Date.now()) seen.delete(old);
  if (seen.has(id)) return false;
  seen.set(id, Date.now() + 2 * FRESH_SECONDS * 1000);
  return true;
}

// Only after the signature is anything in a token to be believed.
function jwtProblem(token, request, body) {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  if (JSON.parse(Buffer.from(header, 'base64url')).alg !== 'HS256') return 'only HS256 is taken';
  if (claims.api_key !== API_KEY) return 'unknown api_key';
  const made = jwtSecrets.map((secret) => createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url'));
  if (!made.some((own) => same(own, signature))) return 'wrong signature';
  if (!isFresh(claims.iat)) return 'too old';
  // The body as it came; without one the query as an object. Needed only where the link is not TLS.
  const query = Object.fromEntries(new URL(request.url, 'http://receiver').searchParams);
  const covered = request.method === 'GET' || body === '' ? JSON.stringify(query) : body;
  if (!same(createHash('sha256').update(covered).digest('hex'), String(claims.payload_hash))) return 'another payload';
  return isNew(claims.jti) ? null : 'received before';
}

function standardProblem(headers, body) {
  const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']];
  const made = standardKeys.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  if (!headers['webhook-signature'].split(' ').some((given) => made.some((own) => same(own, given)))) return 'wrong signature';
  if (!isFresh(Number(timestamp))) return 'too old';
  return isNew(id) ? null : 'received before';
}

function problemOf(request, body) {
  const { headers } = request;
  const token = headers['x-webhook-auth-token'] ?? /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  try {
    if (standardKeys.length > 0 && headers['webhook-signature']) return standardProblem(headers, body);
    return token === undefined ? 'unsigned' : jwtProblem(token, request, body);
  } catch {
    return 'malformed';
  }
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  const problem = problemOf(request, body);
  // An unsigned request is a fault on the way: 5xx has it sent again, signed.
  response.writeHead(problem === null ? 200 : problem === 'unsigned' ? 503 : 401, { 'content-type': 'application/json' });
  response.end(JSON.stringify(problem === null ? { status: 'taken' } : { problem }));
}).listen(Number(PORT), '127.0.0.1', function () {
  console.log(`listening on ${this.address().port}`);
});
