import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CLIENT_DEFAULTS, HttpClient } from '../../../src/http/client.js';
import type { ErrorReason } from '../../../src/model/webhook.js';
import type { Webhooks } from '../../../src/webhooks/webhook.js';
import { type HostileTls, startHostileTls, TLS_BEHAVIOURS } from '../../support/hostile-tls.js';
import { TEST_CA } from '../../support/tls-identity.js';
import { webhookCall } from '../../support/webhook-calls.js';
import { webhookPort } from '../../support/webhook-port.js';

/** For what never ends by itself. */
const TIMEOUT_MS = 400;
/** For what does, on a busy machine. */
const PATIENCE_MS = 5000;
/** For tries and a fallback together; each on its own they would take five times as long. */
const DEADLINE_MS = 600;
/** How much later it may be over on a busy machine, ms. */
const GRACE_MS = 1800;

/** What each comes to. */
const REASONS: Readonly<Record<string, ErrorReason | null>> = {
  ok: null,
  stall: 'TIMEOUT',
  'stall-in-record': 'TIMEOUT',
  'slow-record': 'TIMEOUT',
  rubbish: 'CONNECTION_FAILURE',
  'endless-rubbish': 'CONNECTION_FAILURE',
  'empty-records': 'CONNECTION_FAILURE',
  'endless-handshake': 'TIMEOUT',
  alert: 'CONNECTION_FAILURE',
  'own-hello': 'CONNECTION_FAILURE',
  plain: 'CONNECTION_FAILURE',
  close: 'CONNECTION_FAILURE',
  reset: 'CONNECTION_FAILURE',
  'silent-when-secure': 'TIMEOUT',
  'rubbish-when-secure': 'INVALID_RESPONSE',
  'endless-when-secure': 'INVALID_RESPONSE',
  'reset-when-secure': 'CONNECTION_FAILURE',
  'truncated-when-secure': 'CONNECTION_FAILURE',
};

const never = new AbortController().signal;

describe('an endpoint that speaks TLS badly', () => {
  let hostile: HostileTls;
  let client: HttpClient;
  let webhooks: Webhooks;

  beforeAll(async () => {
    hostile = await startHostileTls();
    client = new HttpClient({ ...CLIENT_DEFAULTS, allowNetworks: ['127.0.0.1'], ca: [TEST_CA] }, systemClock, (_name, done) => {
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    });
    webhooks = webhookPort(client);
  });
  afterAll(async () => {
    await client.close();
    await hostile.close();
  });

  const timeoutOf = (name: string): number => (REASONS[name] === 'TIMEOUT' ? TIMEOUT_MS : PATIENCE_MS);
  const ask = (name: string, more: Parameters<typeof webhookCall>[1] = {}) => {
    const mapping = [{ path: 'userId', required: true }];
    return webhooks.request(
      webhookCall(hostile.url(name, 'api.example'), { timeoutMs: timeoutOf(name), mapping, ...more }),
      never,
    );
  };

  it('has a verdict for every behaviour', () => {
    expect(Object.keys(REASONS).sort()).toEqual([...TLS_BEHAVIOURS].sort());
  });

  it.each(Object.entries(REASONS))('%s costs its own request and ends as %s, in its own time', async (name, reason) => {
    const start = performance.now();
    const [answer, healthy] = await Promise.all([ask(name), ask('ok')]);
    expect(answer.reason).toBe(reason);
    expect(performance.now() - start).toBeLessThan(timeoutOf(name) + GRACE_MS);
    expect(healthy).toMatchObject({ reason: null, status: 200, mapped: [{ found: true, value: 7 }] });
  });

  it.each(Object.entries(REASONS).filter(([, reason]) => reason !== null))(
    '%s at every try and at the fallback costs no more than the one deadline',
    async (name) => {
      const start = performance.now();
      const answer = await ask(name, {
        timeoutMs: DEADLINE_MS,
        retries: 3,
        fallbackUrl: [hostile.url(name, 'api.example')],
      });
      expect(answer.reason).not.toBeNull();
      expect(answer.attempts).toBeLessThanOrEqual(5);
      expect(performance.now() - start).toBeLessThan(DEADLINE_MS + GRACE_MS);
    },
  );
});
