import { expect, it } from 'vitest';
import { Aborted } from '../../src/lib/clock.js';
import { codeOf, collect, deadAir, isOf, MediaRig, never, once, plain, play, SILENT } from './media-rig.js';

/** What the engine promises of announcements, keys awaited and repeated prompts, whichever way it receives. */
export const mediaAnnouncementsSuite = (receive: 'auto' | 'events'): void => {
  const rig = new MediaRig({ receive });

  it('repeats a prompt, its pieces in order, with a pause between the rounds', async () => {
    const { peer, session } = await rig.call();
    const [please, hold] = [plain(2000, 40), plain(4000, 20)];
    session.startMusic({ audio: [please, hold], startDelayMs: 0, pauseMs: 60 });
    await peer.until((heard) => heard.filter(isOf(hold)).length >= 3);
    const codes = peer.heard.slice(peer.heard.findIndex(isOf(please))).map(({ payload }) => payload[0]);
    const round = [codeOf(please), codeOf(please), codeOf(hold), SILENT, SILENT, SILENT];
    expect(codes.slice(0, 15)).toEqual([...round, ...round, ...round.slice(0, 3)]);
  });

  it('says an announcement over music, which goes on from where it was', async () => {
    const { peer, session } = await rig.call();
    const tune = Array.from({ length: 20 }, (_, i) => plain(1000 + 500 * i, 100));
    const said = plain(-9000, 200);
    session.startMusic({ audio: tune, startDelayMs: 0, pauseMs: 0 });
    await peer.until((heard) => heard.filter(isOf(tune[3] ?? said)).length >= 2);
    expect(await session.announce({ audio: [said], gainDb: 0 }, never)).toEqual({ kind: 'done', ms: 200 });
    await peer.until((heard) => heard.some(isOf(tune[7] ?? said)));
    const { heard } = peer;
    const music = heard.filter((packet) => !isOf(said)(packet)).map(({ payload }) => payload[0]);
    const played = music.slice(music.indexOf(codeOf(tune[0] ?? said)));
    expect(played.slice(0, 35)).toEqual(tune.slice(0, 7).flatMap((piece) => Array<number>(5).fill(codeOf(piece))));
    expect(heard.filter(isOf(said))).toHaveLength(10);
    expect(deadAir(heard, isOf(tune[0] ?? said)).silence).toBe(0);
    session.stopMusic();
    const stopped = await peer.arrived();
    await peer.until(() => heard.length > stopped + 5);
    expect(heard.slice(stopped + 2).every(({ payload }) => payload[0] === SILENT)).toBe(true);
  });

  it('says announcements one after the other, after the prompt that plays and before the next', async () => {
    const { peer, session } = await rig.call();
    const [prompt, one, two, next] = [plain(1000, 100), plain(-3000, 60), plain(-6000, 60), plain(3000, 60)];
    const playing = session.play(play([prompt]), never);
    const said = [one, two].map((audio) => session.announce({ audio: [audio], gainDb: 0 }, never));
    await playing;
    await peer.until((heard) => heard.some(isOf(one)));
    const after = session.play(play([next]), never);
    expect(await Promise.all([...said, after])).toEqual(Array(3).fill({ kind: 'done', ms: 60 }));
    const order = peer.heard.map(({ payload }) => payload[0]).filter((code) => code !== SILENT);
    // The prompt asked for while an announcement sounds begins after that one; what waits longer waits for the prompt.
    expect([...new Set(order)]).toEqual([prompt, one, next, two].map(codeOf));
    expect(order).toHaveLength(14);
  });

  it('cuts an announcement by a key that a waiting collect takes, and counts it', async () => {
    const { peer, session } = await rig.call();
    const said = plain(-3000, 10_000);
    const collecting = session.collect(collect({ max: 2, allow: '12' }), never);
    const announcing = session.announce({ audio: [said], gainDb: 0 }, never);
    await peer.until((heard) => heard.some(isOf(said)));
    peer.press(session.port, '9');
    const ignored = await peer.arrived();
    await peer.until((heard) => heard.length > ignored + 5);
    expect(peer.heard.slice(-3).every(isOf(said))).toBe(true);
    peer.press(session.port, '1');
    expect(await announcing).toMatchObject({ kind: 'interrupted', key: '1', consumed: false });
    peer.press(session.port, '2');
    expect(await collecting).toMatchObject({ kind: 'collected', digits: '12' });
  });

  it('gives who listened to an announcement the whole time for the first digit', async () => {
    const { peer, session } = await rig.call();
    const said = plain(-3000, 1500);
    const collecting = session.collect(collect({ firstDigitTimeoutMs: 1000 }), never);
    expect(await session.announce({ audio: [said], gainDb: 0 }, never)).toEqual({ kind: 'done', ms: 1500 });
    peer.press(session.port, '1');
    expect(await collecting).toMatchObject({ digits: '1' });
  });

  it('takes an awaited key while music plays on; others, and those pressed before, stay for the next collect', async () => {
    const { peer, session } = await rig.call();
    const [music, said] = [plain(2000, 60), plain(-3000, 10_000)];
    session.startMusic(once(music));
    peer.press(session.port, '0');
    await expect.poll(async () => (await session.stats()).digits).toBe(1);
    const waiting = session.awaitKey('0*', never);
    const announcing = session.announce({ audio: [said], gainDb: 0 }, never);
    await peer.until((heard) => heard.some(isOf(said)));
    peer.press(session.port, '5');
    const before = Date.now();
    peer.press(session.port, '*');
    expect(await waiting).toMatchObject({ kind: 'pressed', key: '*' });
    // By the key, not by the end of the 10 s that are being said.
    expect(Date.now() - before).toBeLessThan(5000);
    expect(await announcing).toMatchObject({ kind: 'interrupted', key: '*', consumed: false });
    const count = await peer.arrived();
    await peer.until((heard) => heard.length > count + 5);
    expect(peer.heard.slice(count + 2).every(isOf(music))).toBe(true);
    expect(await session.collect(collect({ max: 2 }), never)).toMatchObject({ digits: '05' });
  });

  it('stops an announcement at once when its signal fires, and a wait for a key', async () => {
    const { peer, session } = await rig.call();
    const [music, said] = [plain(2000, 60), plain(-3000, 10_000)];
    session.startMusic(once(music));
    const stop = new AbortController();
    const pending = [
      session.announce({ audio: [said], gainDb: 0 }, stop.signal),
      session.announce({ audio: [said], gainDb: 0 }, stop.signal),
      session.awaitKey('', stop.signal),
    ];
    await peer.until((heard) => heard.some(isOf(said)));
    stop.abort();
    for (const one of pending) await expect(one).rejects.toBeInstanceOf(Aborted);
    const { digits } = await session.stats();
    peer.press(session.port, '1');
    await expect.poll(async () => (await session.stats()).digits).toBe(digits + 1);
    const count = await peer.arrived();
    await peer.until((heard) => heard.length > count + 5);
    expect(peer.heard.slice(count + 1).every(isOf(music))).toBe(true);
    expect(await session.collect(collect(), never)).toMatchObject({ digits: '1' });
  });
};
