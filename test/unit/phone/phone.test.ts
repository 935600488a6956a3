import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CODECS } from '../../../src/media/codec/codec.js';
import { emptyRtpPacket, readRtp, rtpPacket } from '../../../src/media/rtp/packet.js';
import { dominantFrequency, rms } from '../../../src/phone/analysis.js';
import { placeCall } from '../../../src/phone/place-call.js';
import type { PhoneCallOptions, PhoneCall } from '../../../src/phone/types.js';
import { loadVoice } from '../../../src/phone/voice.js';
import { Uas, type SipText } from '../../support/uas.js';

let uas: Uas;
let calls: PhoneCall[];
beforeEach(async () => {
  uas = await Uas.open();
  calls = [];
});
afterEach(() => {
  for (const call of calls) call.hangup();
  uas.close();
});

async function call(options: Partial<PhoneCallOptions> = {}): Promise<PhoneCall> {
  const placed = await placeCall({ target: uas.target, ...options });
  calls.push(placed);
  return placed;
}

/** Answers INVITEs with 180 and 200, BYE, INFO and CANCEL with 200. */
function answerAll(more: { sdp?: string } = {}): void {
  uas.onRequest = (request) => {
    if (request.method === 'ACK') return;
    if (request.method !== 'INVITE') uas.respond(request, 200);
    else {
      uas.respond(request, 180);
      uas.respond(request, 200, { body: more.sdp ?? uas.sdp() });
    }
  };
}

const until = async (condition: () => boolean): Promise<void> =>
  vi.waitUntil(condition, { timeout: 10_000, interval: 5 }).then(() => undefined);
const invite = (): SipText => uas.requests('INVITE')[0]!;

/** The telephone-events received, by their timestamp. */
function eventsReceived(): { key: number; packets: number; ends: number; marker: boolean; durations: number[] }[] {
  const events = new Map<number, { key: number; packets: number; ends: number; marker: boolean; durations: number[] }>();
  for (const bytes of uas.packets) {
    const packet = emptyRtpPacket();
    if (!readRtp(bytes, bytes.length, packet) || packet.payloadType !== 101) continue;
    const event = events.get(packet.timestamp) ?? { key: bytes[12]!, packets: 0, ends: 0, marker: packet.marker, durations: [] };
    event.packets += 1;
    if ((bytes[13]! & 0x80) !== 0) event.ends += 1;
    event.durations.push(bytes.readUInt16BE(14));
    events.set(packet.timestamp, event);
  }
  return [...events.values()];
}

/** A 20 ms packet with a tone, as the far end would send it. */
function tone(index: number, hertz = 440): Uint8Array {
  const samples = Int16Array.from({ length: 160 }, (_, i) => 8000 * Math.sin((2 * Math.PI * hertz * (index * 160 + i)) / 8000));
  return rtpPacket(
    { payloadType: 0, marker: index === 0, sequence: index, timestamp: index * 160, ssrc: 7 },
    CODECS.PCMU.coder.encode(samples),
  );
}

describe('a call', () => {
  it('is offered with G.711 and telephone-event, acknowledged, and ended by our BYE', async () => {
    answerAll();
    const phone = await call({ from: 'sip:4711@example.net', headers: { 'X-Order': '42' } });
    await phone.waitFor(() => phone.answered);
    phone.hangup();
    const result = await phone.result;
    expect(invite().header('From')).toMatch(/^<sip:4711@example\.net>;tag=/);
    expect(invite().header('X-Order')).toBe('42');
    expect(invite().body).toMatch(/m=audio \d+ RTP\/AVP 0 8 101\r\n/);
    expect(uas.requests('ACK')[0]?.startLine).toMatch(/^ACK sip:far@127\.0\.0\.1:\d+ SIP/);
    expect(uas.requests('ACK')[0]?.header('CSeq')).toBe(`${parseInt(invite().header('CSeq'))} ACK`);
    expect(uas.requests('BYE')[0]?.header('To')).toContain('tag=far');
    expect(result).toMatchObject({ status: 200, endedBy: 'us', codec: 'PCMU' });
    expect(result.times.ringing).toBeLessThanOrEqual(result.times.answered ?? 0);
    expect(result.times.answered).toBeLessThanOrEqual(result.times.acked ?? 0);
  });

  it('says who hung up, and why', async () => {
    answerAll();
    const phone = await call({ codec: 'PCMA' });
    await until(() => uas.requests('ACK').length > 0);
    uas.request('BYE', invite(), { headers: ['Reason: Q.850;cause=31;text="Bye"'] });
    expect(await phone.result).toMatchObject({ endedBy: 'far', reasonHeader: 'Q.850;cause=31;text="Bye"' });
    await until(() => uas.received.some(({ status, text }) => status === 200 && text.includes('BYE')));
    expect(invite().body).toContain('RTP/AVP 8 101');
  });

  it('a refusal is acknowledged in the INVITE’s transaction', async () => {
    uas.onRequest = (request) => {
      if (request.method === 'INVITE')
        uas.respond(request, 503, { reason: 'Busy now', headers: ['Retry-After: 7', 'Reason: Q.850;cause=42'] });
    };
    const result = await (await call()).result;
    expect(result).toMatchObject({
      status: 503,
      statusText: 'Busy now',
      endedBy: 'refused',
      retryAfter: 7,
      reasonHeader: 'Q.850;cause=42',
    });
    await until(() => uas.requests('ACK').length > 0);
    expect(uas.requests('ACK')[0]?.header('Via')).toBe(invite().header('Via'));
  });

  it('repeats the INVITE until somebody answers (timer A) and acknowledges a repeated 200 again', async () => {
    let seen = 0;
    uas.onRequest = (request) => {
      if (request.method !== 'INVITE') return;
      seen += 1;
      if (seen < 2) return;
      uas.respond(request, 200, { body: uas.sdp() });
      uas.respond(request, 200, { body: uas.sdp() });
    };
    await call();
    await until(() => uas.requests('ACK').length === 2);
    expect(uas.requests('INVITE')[0]?.text).toBe(uas.requests('INVITE')[1]?.text);
  });

  it('takes its route from Record-Route, reversed', async () => {
    uas.onRequest = (request) => {
      if (request.method === 'INVITE') {
        const port = uas.target.split(':').at(-1) ?? '';
        uas.respond(request, 200, {
          body: uas.sdp(),
          headers: ['Record-Route: <sip:b.example;lr>', `Record-Route: <sip:127.0.0.1:${port};lr>`],
        });
      }
    };
    await call();
    await until(() => uas.requests('ACK').length > 0);
    const routes = [...(uas.requests('ACK')[0]?.text ?? '').matchAll(/^Route: (.*)$/gm)].map(([, value]) => value?.trim());
    expect(routes[1]).toBe('<sip:b.example;lr>');
    expect(routes[0]).toContain('127.0.0.1');
  });

  it('CANCEL waits for a provisional response, then ends in 487', async () => {
    let pending: SipText | null = null;
    uas.onRequest = (request) => {
      if (request.method === 'INVITE') pending ??= request;
      if (request.method === 'CANCEL') {
        uas.respond(request, 200);
        uas.respond(pending!, 487, { reason: 'Request Terminated' });
      }
    };
    const phone = await call();
    phone.cancel();
    await until(() => pending !== null);
    expect(uas.requests('CANCEL').length).toBe(0);
    uas.respond(pending!, 180);
    expect(await phone.result).toMatchObject({ status: 487, endedBy: 'cancelled' });
    expect(uas.requests('CANCEL')[0]?.header('Via')).toBe(invite().header('Via'));
  });

  it('a 200 that overtakes the CANCEL is acknowledged and ended', async () => {
    uas.onRequest = (request) => {
      if (request.method === 'INVITE') uas.respond(request, 180);
      else if (request.method === 'CANCEL') uas.respond(invite(), 200, { body: uas.sdp() });
      else if (request.method === 'BYE') uas.respond(request, 200);
    };
    const phone = await call({ cancelAfterMs: 1 });
    expect(await phone.result).toMatchObject({ status: 200, endedBy: 'cancelled' });
    expect(uas.received.map(({ method }) => method)).toEqual(expect.arrayContaining(['ACK', 'BYE']) as string[]);
  });

  it('can lose its ACK and vanish without BYE', async () => {
    answerAll();
    const phone = await call({ noAck: true, noBye: true });
    await phone.waitFor(() => phone.answered);
    phone.hangup();
    expect(await phone.result).toMatchObject({ endedBy: 'us' });
    expect(uas.requests('ACK').length + uas.requests('BYE').length).toBe(0);
  });

  it('never lasts longer than maxMs, even if nobody answers anything', async () => {
    const silent = await call({ maxMs: 50 });
    answerAll();
    const other = await call({ maxMs: 50 });
    expect((await other.result).endedBy).toBe('max');
    expect((await silent.result).endedBy).toBe('max');
  });

  it('answers OPTIONS, INFO, strange methods and other dialogs', async () => {
    answerAll();
    await call();
    await until(() => uas.requests('ACK').length > 0);
    for (const method of ['OPTIONS', 'INFO', 'PUBLISH']) uas.request(method, invite());
    const other = { ...invite(), header: (name: string) => (name === 'Call-ID' ? 'other' : invite().header(name)) };
    uas.request('BYE', other);
    await until(() => uas.received.filter(({ status }) => status > 0).length === 4);
    const statuses = uas.received
      .filter(({ status }) => status > 0)
      .map(({ status, text }) => `${/CSeq: \d+ (\w+)/.exec(text)?.[1] ?? ''} ${status}`);
    expect(statuses.sort()).toEqual(['BYE 481', 'INFO 200', 'OPTIONS 200', 'PUBLISH 405']);
  });

  it('rejects what cannot even be tried', async () => {
    await expect(placeCall({ target: 'tel:123' })).rejects.toThrow('no SIP address');
    await expect(placeCall({ target: uas.target, digits: '1x' })).rejects.toThrow('"x" is neither a key');
    await expect(placeCall({ target: 'sip:1@127.0.0.1:1', transport: 'tcp' })).rejects.toThrow('no SIP connection');
  });
});

describe('offer and answer', () => {
  it('a late offer is answered in the ACK', async () => {
    answerAll();
    await call({ lateOffer: true });
    await until(() => uas.requests('ACK').length > 0);
    expect(invite().body).toBe('');
    expect(uas.requests('ACK')[0]?.body).toMatch(/m=audio \d+ RTP\/AVP 0 101/);
  });

  it('hold by re-INVITE stops our audio, resuming starts it again', async () => {
    answerAll();
    const phone = await call();
    await until(() => uas.packets.length > 5);
    expect(await phone.reinvite({ direction: 'inactive' })).toBe(200);
    const [first, held] = uas.requests('INVITE');
    expect(held?.body).toContain('a=inactive');
    const version = (text: string): number => Number(/o=\S+ \S+ (\d+)/.exec(text)?.[1]);
    expect(version(held?.body ?? '')).toBe(version(first?.body ?? '') + 1);
    await until(() => uas.requests('ACK').length === 2);
    // Those on their way are let in first.
    await phone.waitFor(() => false, 100);
    const before = uas.packets.length;
    await phone.waitFor(() => false, 100);
    expect(uas.packets.length).toBe(before);
    expect(await phone.reinvite({ direction: 'sendrecv' })).toBe(200);
    await until(() => uas.packets.length > before + 3);
  });

  it('a re-INVITE of the far end is answered by its direction, and again until the ACK', async () => {
    answerAll();
    await call();
    await until(() => uas.requests('ACK').length > 0);
    uas.request('INVITE', invite(), { body: uas.sdp(['a=sendonly']), seq: 500 });
    const answers = (): SipText[] => uas.received.filter(({ status, text }) => status === 200 && text.includes('500 INVITE'));
    await until(() => answers().length === 2);
    expect(answers()[0]?.body).toContain('a=recvonly');
    uas.request('ACK', invite(), { seq: 500 });
  });

  it('a re-INVITE that meets ours gets 491', async () => {
    answerAll();
    const phone = await call();
    await until(() => uas.requests('ACK').length > 0);
    uas.onRequest = () => undefined;
    void phone.reinvite({ direction: 'sendrecv' });
    await until(() => uas.requests('INVITE').length === 2);
    uas.request('INVITE', invite(), { body: uas.sdp() });
    await until(() => uas.received.some(({ status }) => status === 491));
    answerAll();
  });
});

describe('keys', () => {
  it('are RFC 4733 events: start with marker, growing duration, three ends', async () => {
    answerAll();
    const phone = await call();
    await phone.waitFor(() => phone.answered);
    await phone.press('19#');
    const events = eventsReceived();
    expect(events.map(({ key }) => key)).toEqual([1, 9, 11]);
    for (const event of events) {
      expect(event).toMatchObject({ packets: 8, ends: 3, marker: true });
      expect(event.durations).toEqual([160, 320, 480, 640, 800, 800, 800, 800]);
    }
    expect(phone.events.filter(({ kind }) => kind === 'digit').length).toBe(3);
  });

  it('share the sequence numbers of the audio, which pauses meanwhile', async () => {
    answerAll();
    const phone = await call({ voice: { toneHz: 500 } });
    await phone.waitFor(() => phone.answered);
    await phone.press('5');
    const packets = uas.packets.map((bytes) => ({ type: bytes[1]! & 0x7f, sequence: bytes.readUInt16BE(2) }));
    packets.forEach(({ sequence }, index) => index > 0 && expect(sequence).toBe((packets[index - 1]!.sequence + 1) & 0xffff));
    const first = packets.findIndex(({ type }) => type === 101);
    expect(packets.slice(first, first + 8).every(({ type }) => type === 101)).toBe(true);
  });

  it('go by SIP INFO when asked, or when the far end takes no events', async () => {
    answerAll({ sdp: uas.sdp([], '0') });
    const phone = await call();
    await phone.waitFor(() => phone.answered);
    await phone.press('7');
    expect(await phone.pressInfo('8')).toBe(200);
    expect(uas.requests('INFO').map(({ body }) => body)).toEqual([
      'Signal=7\r\nDuration=100\r\n',
      'Signal=8\r\nDuration=100\r\n',
    ]);
  });

  it('follow the script: after a pause, and after a prompt has ended', async () => {
    answerAll();
    const phone = await call({ digits: 'w1~2' });
    await until(() => uas.requests('ACK').length > 0);
    await phone.waitFor(() => phone.events.some(({ kind }) => kind === 'digit'));
    const [first] = phone.events.filter(({ kind }) => kind === 'digit');
    expect(first!.atMs - phone.heard.answeredMs).toBeGreaterThanOrEqual(500);
    await phone.waitFor(() => false, 250);
    // The prompt: 0.3 s, and nothing after.
    for (let i = 0; i < 15; i++) {
      uas.sendRtp(tone(i), invite().body);
      await phone.waitFor(() => false, 20);
    }
    const endOfPrompt = phone.heard.lastSoundMs!;
    await phone.waitFor(() => phone.events.filter(({ kind }) => kind === 'digit').length === 2);
    const second = phone.events.filter(({ kind }) => kind === 'digit')[1]!;
    expect(second.atMs - endOfPrompt).toBeGreaterThanOrEqual(700);
    phone.hangup();
    expect((await phone.result).digitsSent.map(({ key }) => key)).toEqual(['1', '2']);
  });
});

describe('what is heard', () => {
  it('is written in real time, gaps as silence, and can be measured', async () => {
    answerAll();
    const phone = await call();
    await until(() => uas.requests('ACK').length > 0);
    for (let i = 0; i < 10; i++) uas.sendRtp(tone(i), invite().body);
    await phone.waitFor(() => phone.heard.arrivals.length === 10);
    const first = phone.heard.arrivals[0]!.atMs;
    await phone.waitFor(() => phone.now() - first > 600);
    // The stream goes on as if nothing had happened; a caller still hears the pause.
    for (let i = 10; i < 20; i++) uas.sendRtp(tone(i, 1200), invite().body);
    await phone.waitFor(() => phone.heard.arrivals.length === 20);

    const [gap, ...others] = phone.heard.gaps(300);
    expect(others).toEqual([]);
    expect(gap!.ms).toBeGreaterThan(500);
    expect(phone.heard.dominantFrequency(first + 20, first + 180)).toBeCloseTo(440, -1);
    expect(phone.heard.rms(first + 250, first + 550)).toBe(0);
    // 160 ms of sound with its edges: a few hertz either way.
    expect(Math.abs(phone.heard.dominantFrequency(gap!.toMs + 20, gap!.toMs + 180)! - 1200)).toBeLessThan(20);
    expect(phone.heardSpeechAfter(gap!.toMs - 1)).toBe(true);
    expect(phone.heardSpeechAfter(phone.now())).toBe(false);

    const folder = mkdtempSync(join(tmpdir(), 'phone-test-'));
    await phone.heard.writeWav(join(folder, 'heard.wav'));
    const wav = readFileSync(join(folder, 'heard.wav'));
    rmSync(folder, { recursive: true });
    expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
    expect((wav.length - 58) / 8).toBeCloseTo(phone.heard.endMs() - phone.heard.answeredMs, -1);
  });

  it('counts what is missing', async () => {
    answerAll();
    const phone = await call();
    await until(() => uas.requests('ACK').length > 0);
    for (const i of [0, 1, 3, 4]) uas.sendRtp(tone(i), invite().body);
    await phone.waitFor(() => phone.heard.arrivals.length === 4);
    phone.hangup();
    expect((await phone.result).rtp).toMatchObject({ received: 4, lost: 1 });
  });

  it('sends 50 packets a second of the voice it was given', async () => {
    answerAll();
    const phone = await call({ voice: { toneHz: 700 } });
    await until(() => uas.packets.length >= 25);
    phone.hangup();
    await phone.result;
    const { sent } = (await phone.result).rtp;
    const answered = phone.heard.answeredMs;
    const talked = phone.events.find(({ kind }) => kind === 'bye')!.atMs - answered;
    expect(Math.abs(sent - talked / 20)).toBeLessThan(4);
  });

  it('says what a file holds, once', async () => {
    const file = fileURLToPath(new URL('../../wire/audio/tone.mp3', import.meta.url));
    answerAll();
    const phone = await call({ voice: await loadVoice(file), codec: 'PCMU' });
    await until(() => uas.packets.length >= 40);
    phone.hangup();
    const said = Int16Array.from(uas.packets.flatMap((bytes) => [...CODECS.PCMU.coder.decode(bytes.subarray(12))]));
    expect(dominantFrequency(said.subarray(800, 2400))).toBeCloseTo(440, -1);
    expect(rms(said.subarray(5000))).toBe(0);
    await expect(loadVoice('/dev/null')).rejects.toThrow('the file is empty');
    await expect(loadVoice('/missing.wav')).rejects.toThrow('ENOENT');
  });

  it('sends nothing with the voice none', async () => {
    answerAll();
    const phone = await call({ voice: 'none' });
    await phone.waitFor(() => false, 100);
    expect(uas.packets.length).toBe(0);
  });
});

describe('over TCP', () => {
  let server: Server;
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [];
    server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('messages go over one connection, and its end is the call’s', async () => {
    const { port } = server.address() as { port: number };
    const phone = await call({ target: `sip:100@127.0.0.1:${port};transport=tcp` });
    await until(() => sockets.length === 1);
    let received = '';
    sockets[0]!.on('data', (chunk) => (received += chunk.toString()));
    await until(() => received.includes('a=sendrecv'));
    expect(received).toMatch(/Via: SIP\/2\.0\/TCP /);
    sockets[0]!.destroy();
    expect((await phone.result).endedBy).toBe('transport');
  });
});
