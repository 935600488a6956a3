import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startScreen } from '../../../src/cli/start-screen.js';
import type { Runtime } from '../../../src/app/main.js';
import { readSite } from '../../../src/site/site.js';
import { temporaryFolder } from '../../support/stores.js';

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
  mkdirSync(join(temporary.folder, 'flows'));
  const flow = { id: 'bye', name: 'Bye', start: 'bye', widgets: { bye: { type: 'hangup' } } };
  writeFileSync(join(temporary.folder, 'flows', 'bye.json'), JSON.stringify(flow));
});
afterEach(() => temporary.remove());

/** The screen of a site with these settings, as if it listened there. */
function screen(settings: object, listening: readonly string[]): string {
  writeFileSync(join(temporary.folder, 'offhook.json'), JSON.stringify(settings));
  const { site, problems } = readSite({ dir: temporary.folder, env: {} });
  if (site === null) throw new Error(JSON.stringify(problems));
  const media = {
    stats: () => ({ addresses: ['192.0.2.1', '2001:db8::1'], sessions: 0, portsFree: 1000, receive: 'polled', workers: [{}] }),
  };
  const runtime = { site, listening, sipServer: 'embedded', apiUrl: 'http://127.0.0.1:3000', media, recovered: 0 };
  return startScreen(runtime as unknown as Runtime, problems);
}

describe('the start screen', () => {
  it('shows a call that can be made, however the number is written in the configuration', () => {
    const routing = { numbers: [{ number: '+49 30 1234-100', flow: 'bye' }] };
    const shown = screen({ routing }, ['udp/0.0.0.0:5060']);
    expect(shown).toContain('offhook call sip:49301234100@127.0.0.1:5060\n');
    expect(shown).toContain('+49 30 1234-100 → bye  (Bye)');
  });

  it('says how much is taken on, and from which load on a media thread takes no more', () => {
    const shown = screen({ limits: { calls: 70, callsPerSecond: 7 } }, ['udp/192.0.2.1:5060']);
    expect(shown).toContain('70 calls, 7 new per second; a media worker is full when 15 ms late or 75 % busy');
  });

  it('names the addresses audio is taken at, of both families', () => {
    expect(screen({}, ['udp/192.0.2.1:5060'])).toContain('192.0.2.1, 2001:db8::1 ports 10000–11999');
  });

  it('names TCP where there is nothing else', () => {
    const shown = screen({ routing: { default: 'bye' } }, ['tcp/192.0.2.1:5060']);
    expect(shown).toContain('offhook call sip:100@192.0.2.1:5060;transport=tcp\n');
    expect(shown).toContain('all others → bye  (Bye)');
  });
});
