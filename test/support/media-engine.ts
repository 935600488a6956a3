import { readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Aborted } from '../../src/lib/clock.js';
import { rtpPacket } from '../../src/media/rtp/packet.js';
import { codeOf, collect, deadAir, IPV4_HOME, isOf, MediaRig, never, once, plain, play, SILENT } from './media-rig.js';

/** What the engine promises, whichever way it receives and over either address family. */
export const mediaEngineSuite = (receive: 'auto' | 'events', home = IPV4_HOME): void => {
  const rig = new MediaRig({ receive, mediaTimeoutMs: 300 }, home);
  const { own, other } = home;
  const elsewhere = { address: other ?? own };

  it('says how it receives', () => expect(rig.engine.stats().receive).toBe(receive === 'auto' ? 'polled' : 'events'));

  it('sends a packet every 20 ms from the answer on, to a caller that says nothing too', async () => {
    const { peer } = await rig.call({ talking: false });
    const { heard } = peer;
    expect(heard[0]?.marker).toBe(true);
    heard.forEach(({ sequence, timestamp, payload }, i) => {
      expect([...new Set(payload)]).toEqual([SILENT]);
      expect(payload.length).toBe(160);
      expect((sequence - (heard[0]?.sequence ?? 0)) & 0xffff).toBe(i);
      expect((timestamp - (heard[0]?.timestamp ?? 0)) >>> 0).toBe(i * 160);
    });
    expect((heard.at(-1)?.at ?? 0) - (heard[0]?.at ?? 0)).toBeGreaterThan(100);
  });

  it('plays audio whole, in the codec of the call, marker on its first packet', async () => {
    const { peer, session } = await rig.call({ payloadType: 8 });
    const audio = plain(5000, 200);
    expect(session.codec).toBe('PCMA');
    expect(await session.play(play([audio]), never)).toEqual({ kind: 'done', ms: 200 });
    const code = new Uint8Array(audio.encoded.PCMA)[0];
    const played = peer.heard.filter(({ payload }) => payload[0] === code);
    expect(played).toHaveLength(10);
    expect(played.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(9).fill(false)]);
    expect(new Set(peer.heard.map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
  });

  it('plays a list of audio in order, as often as asked, louder when asked', async () => {
    const { peer, session } = await rig.call();
    const [one, two] = [plain(1000, 40), plain(-1000, 20)];
    expect(await session.play(play([one, two], { loop: 2 }), never)).toEqual({ kind: 'done', ms: 120 });
    const codes = peer.heard.map(({ payload }) => payload[0]).filter((code) => code !== SILENT);
    const [a, b] = [codeOf(one), codeOf(two)];
    expect(codes).toEqual([a, a, b, a, a, b]);
    await session.play(play([one], { gainDb: 6 }), never);
    expect(peer.heard.some(isOf(plain(2000, 20)))).toBe(true);
  });

  it('is cut by any key with barge-in, and the key stays for the next collect', async () => {
    const { peer, session } = await rig.call();
    const audio = plain(3000, 10_000);
    const playing = session.play(play([audio], { bargeIn: true }), never);
    await peer.until((heard) => heard.filter(isOf(audio)).length > 3);
    peer.press(session.port, '7');
    expect(await playing).toMatchObject({ kind: 'interrupted', key: '7', consumed: false });
    const cut = await peer.arrived();
    await peer.until((heard) => heard.length > cut + 3);
    expect(peer.heard.slice(cut + 1).some(isOf(audio))).toBe(false);
    expect(await session.collect(collect(), never)).toMatchObject({ kind: 'collected', digits: '7', endedBy: 'max' });
  });

  it('is cut by a stop key, which is consumed; other keys are dropped without barge-in', async () => {
    const { peer, session } = await rig.call();
    const audio = plain(3000, 10_000);
    const playing = session.play(play([audio], { stopKeys: '#' }), never);
    await peer.until((heard) => heard.some(isOf(audio)));
    peer.press(session.port, '1');
    peer.press(session.port, '#');
    expect(await playing).toMatchObject({ kind: 'interrupted', key: '#', consumed: true });
    expect(await session.collect(collect({ firstDigitTimeoutMs: 60 }), never)).toEqual({ kind: 'noInput' });
  });

  it('collects up to max and cuts the prompt on the first packet of the last key', async () => {
    const { peer, session } = await rig.call();
    const prompt = plain(3000, 10_000);
    const collecting = session.collect(collect({ audio: [prompt], max: 3 }), never);
    await peer.until((heard) => heard.some(isOf(prompt)));
    const before = Date.now();
    for (const key of ['1', '2']) peer.press(session.port, key);
    peer.touch(session.port, '3');
    const end = await collecting;
    expect(end).toMatchObject({ kind: 'collected', digits: '123', endedBy: 'max' });
    if (end.kind !== 'collected') throw new Error(end.kind);
    expect(end.keys.map(({ key }) => key)).toEqual(['1', '2', '3']);
    expect(end.keys.every(({ at }) => at >= before - 5 && at <= Date.now() + 5)).toBe(true);
  });

  it('takes keys typed ahead, or forgets them', async () => {
    const { peer, session } = await rig.call();
    for (const key of ['1', '2', '3']) session.injectDigit(key);
    peer.press(session.port, '4');
    await expect.poll(async () => (await session.stats()).digits).toBe(4);
    const prompt = plain(3000, 10_000);
    expect(await session.collect(collect({ audio: [prompt], max: 2 }), never)).toMatchObject({ digits: '12' });
    expect(await session.collect(collect({ max: 1 }), never)).toMatchObject({ digits: '3' });
    expect(await session.collect(collect({ typeAhead: false, firstDigitTimeoutMs: 60 }), never)).toEqual({ kind: 'noInput' });
    expect(peer.heard.some(isOf(prompt))).toBe(false);
  });

  it('counts a press once that comes as an RTP event and by INFO', async () => {
    const { peer, session } = await rig.call();
    for (const key of ['4', '4', '5']) {
      const { digits } = await session.stats();
      peer.press(session.port, key);
      session.injectDigit(key);
      await expect.poll(async () => (await session.stats()).digits).toBe(digits + 1);
    }
    expect(await session.collect(collect({ max: 3 }), never)).toMatchObject({ digits: '445' });
    expect((await session.stats()).digits).toBe(3);
  });

  it('drops the terminator that follows a full collect', async () => {
    const { session } = await rig.call();
    const full = session.collect(collect({ max: 2, endOn: '#' }), never);
    for (const key of ['1', '2', '#', '7']) session.injectDigit(key);
    expect(await full).toMatchObject({ kind: 'collected', digits: '12', endedBy: 'max' });
    expect(await session.collect(collect({ max: 1, endOn: '' }), never)).toMatchObject({ digits: '7' });
  });

  it('loops music until a prompt takes the stream, after its start delay', async () => {
    const { peer, session } = await rig.call();
    const [music, prompt] = [plain(2000, 60), plain(9000, 100)];
    session.startMusic(once(music));
    await peer.until((heard) => heard.filter(isOf(music)).length > 8);
    expect(deadAir(peer.heard, isOf(music)).silence).toBe(0);
    await session.play(play([prompt]), never);
    const after = peer.heard.slice(peer.heard.findIndex(isOf(prompt)));
    expect(after.some(isOf(music))).toBe(false);
    const count = await peer.arrived();
    session.startMusic(once(music, 100));
    await peer.until((heard) => heard.slice(count).some(isOf(music)));
    expect(peer.heard.slice(count).findIndex(isOf(music))).toBeGreaterThanOrEqual(4);
    session.stopMusic();
    await peer.until((heard) => heard.at(-1)?.payload[0] === SILENT);
  });

  it('sends nothing before the call is answered, and at once from then on', async () => {
    const [peer, session] = [await rig.far(), await rig.session()];
    session.answer(peer.offer());
    peer.say(session.port);
    await expect.poll(async () => (await session.stats()).received).toBe(1);
    expect((await session.stats()).sent).toBe(0);
    session.begin();
    session.begin();
    await peer.until((heard) => heard.length >= 3);
  });

  it.runIf(other)('neither hears nor answers unexpected sources, before and after the caller came', async () => {
    const [caller, stranger] = [await rig.far(), await rig.far(elsewhere)];
    const session = await rig.session();
    session.answer(caller.offer());
    session.begin();
    const collecting = session.collect(collect(), never);
    for (let i = 0; i < 10; i++) stranger.say(session.port);
    stranger.press(session.port, '9');
    await expect.poll(async () => (await session.stats()).unexpected).toBe(16);
    caller.keepSaying(session.port);
    await caller.until((heard) => heard.length > 15);
    for (let i = 0; i < 10; i++) stranger.say(session.port);
    stranger.press(session.port, '8');
    caller.press(session.port, '1');
    expect(await collecting).toMatchObject({ digits: '1' });
    expect(stranger.heard).toHaveLength(0);
    expect(await session.stats()).toMatchObject({ digits: 1, lost: 0 });
  });

  it.runIf(other)('follows a caller behind NAT from the signalling address, after packets in sequence only', async () => {
    const [negotiated, natted] = [await rig.far(elsewhere), await rig.far()];
    const session = await rig.session(own);
    session.answer(negotiated.offer());
    session.begin();
    natted.say(session.port);
    natted.lose(3);
    for (let i = 0; i < 3; i++) natted.say(session.port);
    await negotiated.until((heard) => heard.length > 5);
    expect(natted.heard).toHaveLength(0);
    natted.keepSaying(session.port);
    await natted.until((heard) => heard.length > 5);
  });

  it('sends to where the signalling came from when the far end names a host that nobody knows', async () => {
    const [peer, session] = [await rig.far(), await rig.session(own)];
    const named = peer.offer().replace(/^(c=IN IP. ).*$/m, '$1phone.invalid');
    expect(session.answer(named).ok).toBe(true);
    session.begin();
    await peer.until((heard) => heard.length > 5);
    peer.press(session.port, '5');
    expect(await session.collect(collect(), never)).toMatchObject({ digits: '5' });
  });

  it.each([own, ...(other === null ? [] : [other])])('goes where a re-INVITE says, %s, and keeps playing', async (address) => {
    const { peer, session } = await rig.call();
    const next = await rig.far({ address });
    const audio = plain(3000, 10_000);
    const playing = session.play(play([audio], { stopKeys: '*' }), never);
    await peer.until((heard) => heard.some(isOf(audio)));
    expect(session.answer(next.offer()).ok).toBe(true);
    next.keepSaying(session.port);
    await next.until((heard) => heard.filter(isOf(audio)).length > 10);
    next.press(session.port, '*');
    expect(await playing).toMatchObject({ key: '*' });
  });

  it('sends nothing on hold, lets time run on, and resumes with the marker', async () => {
    const { peer, session } = await rig.call();
    const hold = session.answer(peer.offer('a=sendonly'));
    expect(hold.ok && hold.value).toContain('a=recvonly');
    const { sent } = await session.stats();
    expect(await session.play(play([plain(3000, 200)]), never)).toEqual({ kind: 'done', ms: 200 });
    expect((await session.stats()).sent).toBe(sent);
    const count = await peer.arrived();
    const before = peer.heard.at(-1);
    session.answer(peer.offer());
    await peer.until((heard) => heard.length > count + 2);
    const resumed = peer.heard[count];
    expect(resumed?.marker).toBe(true);
    expect(((resumed?.sequence ?? 0) - (before?.sequence ?? 0)) & 0xffff).toBe(1);
    expect(((resumed?.timestamp ?? 0) - (before?.timestamp ?? 0)) >>> 0).toBeGreaterThanOrEqual(1600);
  });

  it('survives RTCP, garbage and empty datagrams', async () => {
    const { peer, session } = await rig.call();
    for (const bytes of [[], [0x80], [0x81, 200, 0, 6, ...Array<number>(24).fill(1)], Array<number>(1900).fill(0x80)]) {
      peer.sendRaw(session.port, Uint8Array.from(bytes));
    }
    const header = { payloadType: 101, marker: true, sequence: 1, timestamp: 1, ssrc: 1 };
    peer.sendRaw(session.port, rtpPacket(header, Uint8Array.of(1)));
    const { received } = await session.stats();
    await expect.poll(async () => (await session.stats()).received).toBeGreaterThan(received + 5);
    peer.press(session.port, '5');
    expect(await session.collect(collect(), never)).toMatchObject({ digits: '5' });
  });

  it('reports a silence of the far end once, and again after it spoke', async () => {
    const { peer, session } = await rig.call();
    let silences = 0;
    session.onSilent(() => silences++);
    const silentMs = async (): Promise<number> => (await session.stats()).silentMs;
    for (const round of [1, 2]) {
      const before = silences;
      peer.silence();
      await expect.poll(() => silences, { message: `round ${round}` }).toBeGreaterThan(before);
      expect(await silentMs()).toBeGreaterThanOrEqual(300);
      const told = silences;
      await expect.poll(silentMs).toBeGreaterThan(700);
      expect(silences).toBe(told);
      peer.keepSaying(session.port);
      await expect.poll(silentMs).toBeLessThan(100);
    }
  });

  it('rejects with Aborted when its signal fires, and falls silent', async () => {
    const { peer, session } = await rig.call();
    const audio = plain(3000, 10_000);
    const stop = new AbortController();
    const playing = session.play(play([audio]), stop.signal);
    await peer.until((heard) => heard.some(isOf(audio)));
    stop.abort();
    await expect(playing).rejects.toBeInstanceOf(Aborted);
    await expect(session.collect(collect(), stop.signal)).rejects.toBeInstanceOf(Aborted);
    await peer.until((heard) => heard.at(-1)?.payload[0] === SILENT);
  });

  it('resolves what is pending when closed, once, and says closed from then on', async () => {
    const { session } = await rig.call();
    const audio = [plain(3000, 10_000)];
    const pending = [
      session.play(play(audio), never),
      session.announce({ audio, gainDb: 0 }, never),
      session.awaitKey('', never),
    ];
    await Promise.all([session.close(), session.close()]);
    expect(await Promise.all(pending)).toEqual(Array(3).fill({ kind: 'closed' }));
    expect(await session.announce({ audio, gainDb: 0 }, never)).toEqual({ kind: 'closed' });
    expect(await session.awaitKey('1', never)).toEqual({ kind: 'closed' });
    expect(await session.collect(collect(), never)).toEqual({ kind: 'closed' });
    expect((await session.startRecording({ file: rig.file('x.wav'), tracks: 'caller', maxMs: 0 })).ok).toBe(false);
    expect(await session.stats()).toMatchObject({ sent: 0 });
    session.startMusic(once(plain(1, 20)));
    session.injectDigit('1');
  });

  it('records the caller until stopped, in the codec of the call, whole when closed', async () => {
    const { peer, session } = await rig.call({ payloadType: 8, talking: false });
    peer.keepSaying(session.port, 0x2a);
    const file = rig.file(`caller-${receive}.wav`);
    const first = await session.startRecording({ file, tracks: 'caller', maxMs: 0 });
    const second = await session.startRecording({ file: `${file}.2`, tracks: 'caller', maxMs: 0 });
    if (!first.ok || !second.ok) throw new Error('not started');
    const count = await peer.arrived();
    await peer.until((heard) => heard.length > count + 20);
    const end = await first.value.stop();
    expect(await first.value.stop()).toEqual(end);
    expect(end.ms).toBeGreaterThan(350);
    expect((await readFile(file)).readUInt16LE(20)).toBe(6);
    await session.close();
    const closed = await second.value.ended;
    expect((await stat(`${file}.2`)).size).toBe(closed.bytes);
  });

  it('says why a recording cannot begin', async () => {
    const { session } = await rig.call();
    const recording = await session.startRecording({ file: rig.file('missing', 'x.wav'), tracks: 'caller', maxMs: 0 });
    expect(recording.ok ? '' : recording.error).toContain('ENOENT');
  });
};
