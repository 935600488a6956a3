import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCallCommand } from '../../../src/phone/call-command.js';
import { Uas } from '../../support/uas.js';

let uas: Uas;
let lines: string[];
const print = (line: string): void => void lines.push(line);
beforeEach(async () => {
  uas = await Uas.open();
  lines = [];
  uas.onRequest = (request) => {
    if (request.method === 'INVITE') uas.respond(request, 200, { body: uas.sdp() });
    else if (request.method !== 'ACK') uas.respond(request, 200);
  };
});
afterEach(() => {
  uas.close();
});

describe('offhook call', () => {
  it('prints what happens, writes what was heard, and exits 0 for an answered call', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'call-command-test-'));
    const record = join(folder, 'heard.wav');
    const code = await runCallCommand({ target: uas.target, digits: '12', hangupAfter: '0.5', record, json: false }, print);
    expect(code).toBe(0);
    expect(lines.some((line) => /^ +\d+\.\d\d s {2}key 1$/.test(line))).toBe(true);
    expect(lines.join('\n')).toContain('Ended: we hung up; 200 X');
    expect(existsSync(record)).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it('with --json prints one JSON object', async () => {
    await runCallCommand({ target: uas.target, hangupAfter: '0.05', codec: 'pcma', json: true }, print);
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ status: 200, endedBy: 'us', digitsSent: [] });
  });

  it('exits 1 for a call that was not answered', async () => {
    uas.onRequest = (request) => uas.respond(request, 404, { reason: 'Not Found' });
    expect(await runCallCommand({ target: uas.target, json: false }, print)).toBe(1);
    expect(lines.join('\n')).toContain('the call was refused; 404 Not Found');
  });

  it('exits 2 and says why for arguments that make no sense', async () => {
    expect(await runCallCommand({ target: uas.target, hangupAfter: 'soon', codec: 'opus', from: 'me' }, print)).toBe(2);
    expect(lines).toEqual([
      '--from is not a SIP address; write it like sip:15550001@example.com',
      '--hangup-after is not a number of seconds',
      '--codec must be PCMU or PCMA',
    ]);
    lines = [];
    expect(await runCallCommand({ target: 'me' }, print)).toBe(2);
    expect(lines[0]).toContain('no SIP address');
  });

  it('exits 2 when the recording cannot be written', async () => {
    const code = await runCallCommand({ target: uas.target, hangupAfter: '0.05', record: '/dev/null/x.wav', json: false }, print);
    expect(code).toBe(2);
  });
});
