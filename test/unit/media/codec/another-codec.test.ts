import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { CODEC_NAMES, CODECS, type CodecName } from '../../../../src/media/codec/codec.js';
import type { CODEC_TABLE } from '../../../../src/media/codec/codecs.js';
import { type CodecRow } from '../../../../src/media/codec/codecs.js';
import { makeAudio } from '../../../../src/media/codec/make-audio.js';
import { wavHeader } from '../../../../src/media/codec/wav.js';
import { emptyRtpPacket, readRtp } from '../../../../src/media/rtp/packet.js';
import { SdpNegotiation } from '../../../../src/media/sdp/answer.js';
import { IncomingStream } from '../../../../src/media/worker/incoming-stream.js';
import { OutgoingStream } from '../../../../src/media/worker/outgoing-stream.js';
import { Playout } from '../../../../src/media/worker/playout.js';
import { Recorder } from '../../../../src/media/worker/recorder.js';
import { Heard } from '../../../../src/phone/heard.js';
import { dominantFrequency, levelDb } from '../../../../src/phone/analysis.js';
import { Microphone } from '../../../../src/phone/microphone.js';
import { readSdp, writeSdp } from '../../../../src/phone/sdp.js';
import { configSchema } from '../../../../src/site/config/schema.js';
import { readG711Wav } from '../../../support/wav.js';

/*
 * A codec that Offhook does not have: two bytes a sample, a dynamic payload type, no WAV files of its own. It is a row of the table
 * here and nothing else, and it does all that PCMU and PCMA do.
 */

vi.mock('../../../../src/media/codec/codecs.js', async (original) => {
  const { CODEC_TABLE: table } = await original<{ CODEC_TABLE: typeof CODEC_TABLE }>();
  const l16: CodecRow = {
    payloadType: 96,
    clockRate: 8000,
    frame: { ms: 20, samples: 160, bytes: 320 },
    silence: 0,
    wavTag: null,
    coder: {
      encode: (samples) => {
        const bytes = new Uint8Array(2 * samples.length);
        samples.forEach((sample, i) => new DataView(bytes.buffer).setInt16(2 * i, sample));
        return bytes;
      },
      decode: (bytes) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(2 * i));
      },
    },
  };
  return { CODEC_TABLE: { ...table, L16: l16 } };
});

const HZ = 440;
const LOCAL = { address: '192.0.2.1', port: 10_000 };
const FAR = { address: '192.0.2.9', port: 4000, eventType: 101, direction: 'sendrecv', version: 1 } as const;
const folder = mkdtempSync(join(tmpdir(), 'offhook-codec-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tone = (ms: number, amplitude = 4000): Int16Array =>
  Int16Array.from({ length: 8 * ms }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * HZ * i) / 8000)));

/** The packets of a tone of 400 ms as a worker sends them. */
function played(name: CodecName, gainDb = 0): Uint8Array[] {
  const { encoded } = makeAudio(tone(400));
  const audio = Object.fromEntries(Object.entries(encoded).map(([each, buffer]) => [each, new Uint8Array(buffer)]));
  const stream = new OutgoingStream();
  stream.use(CODECS[name], CODECS[name].payloadType);
  const playout = new Playout({ audio: [audio as Record<CodecName, Uint8Array>], loop: 1, gainDb });
  const packets: Uint8Array[] = [];
  for (let next = stream.next(playout, true); next !== null; next = stream.next(playout, true)) packets.push(next.slice());
  return packets;
}

/** What the test phone hears of packets that come every 20 ms. */
function heard(packets: readonly Uint8Array[]): Heard {
  const phone = new Heard();
  const codecs = new Map(Object.values(CODECS).map((codec) => [codec.payloadType, codec]));
  packets.forEach((packet, i) => phone.take(packet, 20 * i, { codecs, eventTypes: [101] }));
  return phone;
}

describe.each(['PCMU', 'PCMA', 'L16'] as CodecName[])('a call in %s', (name) => {
  const codec = CODECS[name];

  it('is offered, and answered by the test phone', () => {
    const leg = new SdpNegotiation(LOCAL);
    const offer = leg.offer();
    expect(offer).toContain(`m=audio 10000 RTP/AVP 0 8 96 101\r\n`);
    expect(offer).toContain(`a=rtpmap:${codec.payloadType} ${name}/8000\r\n`);
    const answer = writeSdp({ ...FAR, types: [{ codec: name, payloadType: codec.payloadType }] });
    expect(leg.accept(answer)).toMatchObject({ value: { codec: name, payloadType: codec.payloadType, eventTypes: [101] } });
  });

  it('is answered under the number of the offer, and only when it is allowed', () => {
    const offer = writeSdp({ ...FAR, types: [{ codec: name, payloadType: 99 }] });
    const answered = new SdpNegotiation({ ...LOCAL, codecs: [name] }).answer(offer);
    if (!answered.ok) throw new Error(answered.error.message);
    expect(answered.value.remote).toMatchObject({ codec: name, payloadType: 99 });
    expect(answered.value.sdp).toContain(`a=rtpmap:99 ${name}/8000`);
    expect(readSdp(answered.value.sdp)).toMatchObject({ codec: name, payloadType: 99 });
    const others = CODEC_NAMES.filter((other) => other !== name);
    expect(new SdpNegotiation({ ...LOCAL, codecs: others }).answer(offer)).toMatchObject({
      error: { code: 'SDP_NO_COMMON_CODEC' },
    });
  });

  it('has a tone that the test phone hears, in whole packets, and louder when it is asked for', () => {
    const packets = played(name);
    expect(new Set(packets.map(({ length }) => length))).toEqual(new Set([12 + codec.frame.bytes]));
    const [plain, louder] = [heard(packets), heard(played(name, 6))];
    expect(plain.endMs()).toBe(400);
    expect(plain.dominantFrequency()).toBe(HZ);
    expect(levelDb(louder.samples()) - levelDb(plain.samples())).toBeCloseTo(6, 0);
  });

  it('has silence where nothing is played', () => {
    const stream = new OutgoingStream();
    stream.use(codec, codec.payloadType);
    const packet = stream.next(null, true)?.slice() ?? new Uint8Array();
    expect(packet.subarray(12)).toEqual(new Uint8Array(codec.frame.bytes).fill(codec.silence));
  });

  it('is recorded: as it came where WAV files can be in it, else in the first codec that they can be in', async () => {
    const file = join(folder, `${name}.wav`);
    const recorder = await Recorder.start({ file, tracks: 'both', maxMs: 0, codec: name, now: 0 });
    if (!recorder.ok) throw new Error(recorder.error);
    const header = emptyRtpPacket();
    played(name).forEach((bytes, i) => {
      if (!readRtp(bytes, bytes.length, header)) throw new Error('no packet');
      const packet = { bytes, start: header.payloadStart, end: header.payloadEnd, timestamp: header.timestamp, codec };
      recorder.value.caller(packet, 20 * (i + 1));
      recorder.value.ours(packet, 20 * (i + 1));
      recorder.value.tick(20 * (i + 1));
    });
    expect(await recorder.value.stop(400)).toMatchObject({ ms: 400 });
    const wav = readFileSync(file);
    const fileCodec = name === 'PCMA' ? CODECS.PCMA : CODECS.PCMU;
    expect(wav.subarray(0, 58)).toEqual(wavHeader({ codec: fileCodec, channels: 2, dataBytes: wav.length - 58 }));
    expect(readG711Wav(wav).channels.map((samples) => dominantFrequency(samples))).toEqual([HZ, HZ]);
  });

  it('is what the test phone says, and what a worker takes', async () => {
    const packets: Uint8Array[] = [];
    const microphone = new Microphone(
      { toneHz: HZ },
      {
        send: (packet) => void packets.push(packet),
        sending: () => ({ codec, payloadType: codec.payloadType, eventType: 101 }),
        onKey: () => undefined,
        onStall: () => undefined,
      },
    );
    microphone.start();
    await vi.waitUntil(() => packets.length >= 10);
    microphone.stop();
    const stream = new IncomingStream();
    stream.expect({ payloadType: codec.payloadType, codec: name, eventTypes: [101] });
    const taken = packets.map((packet, i) => stream.read(packet, packet.length) && stream.take(packet, 20 * i));
    expect(new Set(taken)).toEqual(new Set(['audio']));
    expect(stream.codec.name).toBe(name);
    expect(heard(packets).dominantFrequency()).toBeCloseTo(HZ, -1);
  });
});

describe('an answer that gives the codec another number than our offer did', () => {
  it.each(['PCMU', 'PCMA', 'L16'] as CodecName[])('brings %s under either number', (name) => {
    const [packet = new Uint8Array()] = played(name);
    const under = (type: number): Uint8Array => packet.map((byte, i) => (i === 1 ? (byte & 0x80) | type : byte));
    for (const type of [99, CODECS[name].payloadType]) {
      const stream = new IncomingStream();
      stream.expect({ payloadType: 99, codec: name, eventTypes: [101] });
      stream.read(under(type), packet.length);
      expect(stream.take(under(type), 0)).toBe('audio');
      expect(stream.codec.name).toBe(name);
    }
  });
});

describe('the configuration', () => {
  it('offers every codec of the table, and takes the names of no others', () => {
    expect(configSchema.parse({})).toMatchObject({ media: { codecs: ['PCMU', 'PCMA', 'L16'] } });
    expect(configSchema.safeParse({ media: { codecs: ['L16'] } }).success).toBe(true);
    expect(configSchema.safeParse({ media: { codecs: ['G722'] } }).success).toBe(false);
  });
});
