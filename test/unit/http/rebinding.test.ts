import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import type { ResolveAll } from '../../../src/http/connect.js';
import { CLIENT_DEFAULTS, type ExchangeResult, HttpClient } from '../../../src/http/client.js';
import { startTripwire, type Tripwire } from '../../support/tripwire.js';

/* DNS rebinding: a name that is public when it is judged and private when it is used. */

/** TEST-NET addresses lead nowhere, and are not public: this one is, and nobody answers there in time. */
const PUBLIC = '93.184.216.34';

let control: Tripwire;
beforeAll(async () => {
  control = await startTripwire();
});
afterAll(() => control.close());

/** A name service whose answers change with every question; the last one stays. */
function changing(...answers: readonly (readonly string[])[]): { readonly resolve: ResolveAll; readonly asked: () => number } {
  let asked = 0;
  return {
    resolve: (_name, done) => {
      const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
      asked += 1;
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
    asked: () => asked,
  };
}

function ask(client: HttpClient, path = ''): Promise<ExchangeResult> {
  return client.exchange({
    method: 'GET',
    url: `http://rebinding.example:${control.port}/${path}`,
    headers: [],
    body: null,
    redirects: 3,
    maxBytes: 1000,
    timeoutMs: 300,
    secretHeaders: new Set(),
  });
}

describe('a name that changes its address', () => {
  // docs/decisions/0015-safe-by-default.md
  it.each([[['127.0.0.1']], [['::1']], [['::ffff:127.0.0.1']], [['10.0.0.1']], [[PUBLIC, '127.0.0.1']]])(
    'is judged by the address that is connected to, at every connection (then %j)',
    async (later) => {
      const names = changing([PUBLIC], later);
      const client = new HttpClient({ ...CLIENT_DEFAULTS, allowHttp: true }, systemClock, names.resolve);
      try {
        // Public: tried, and whatever comes of it is no refusal.
        expect(await ask(client)).not.toMatchObject({ failure: 'refused' });
        expect(names.asked()).toBe(1);
        // A later connection asks again, and is refused.
        await expect.poll(async () => await ask(client, 'again'), { timeout: 15_000 }).toMatchObject({ failure: 'refused' });
        expect(control.connections()).toBe(0);
      } finally {
        await client.close();
      }
    },
  );
});
