import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { collect, never, opened, range, start } from '../support/media-rig.js';

describe('a fault of ours', () => {
  it('ends the leg it happened in, frees its port and leaves the others alone', async () => {
    const engine = await start();
    const { portsFree } = engine.stats();
    const [faulty, sound] = [await opened(engine), await opened(engine)];
    let silences = 0;
    faulty.onSilent(() => silences++);
    const broken = faulty.collect(collect({ endOn: undefined as never }), never);
    const whole = sound.collect(collect(), never);
    faulty.injectDigit('1');
    expect(await broken).toEqual({ kind: 'closed' });
    await faulty.close();
    expect(silences).toBe(1);
    expect(engine.stats()).toMatchObject({ sessions: 1, portsFree: portsFree - 1 });
    sound.injectDigit('1');
    expect(await whole).toMatchObject({ digits: '1' });
    await engine.close();
  });
});

describe('starting the media engine', () => {
  it('fails with a sentence when its address is not on this machine', async () => {
    await expect(start({ bindAddress: '203.0.113.77' })).rejects.toThrow('cannot be bound to 203.0.113.77: EADDRNOTAVAIL');
  });
});

describe('the ports of the media engine', () => {
  it('run out with NO_PORTS and return when a session closes', async () => {
    const engine = await start({ ports: await range(3) });
    const sessions = [await opened(engine), await opened(engine), await opened(engine)];
    expect(new Set(sessions.map(({ port }) => port % 2))).toEqual(new Set([0]));
    expect(await engine.open({ signalingAddress: '127.0.0.1' })).toEqual({ ok: false, error: 'NO_PORTS' });
    await sessions[1]?.close();
    expect((await opened(engine)).port).toBe(sessions[1]?.port);
    await engine.close();
    expect(await engine.open({ signalingAddress: '127.0.0.1' })).toEqual({ ok: false, error: 'CLOSED' });
  });

  it('taken by somebody else are stepped over', async () => {
    const ports = await range(2);
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(ports.from, '127.0.0.1', resolve));
    const engine = await start({ ports });
    expect((await opened(engine)).port).toBe(ports.from + 2);
    expect(await engine.open({ signalingAddress: '127.0.0.1' })).toEqual({ ok: false, error: 'NO_PORTS' });
    expect(engine.stats()).toMatchObject({ sessions: 1, portsFree: 1 });
    await engine.close();
    other.close();
  });

  it('are refused as overloaded when every worker is past its limits', async () => {
    const engine = await start({ limits: { lateP99Ms: -1, cpuShare: 1, fromSessions: 1 } });
    const session = await opened(engine);
    await expect
      .poll(async () => engine.open({ signalingAddress: '' }), { timeout: 10_000 })
      .toEqual({ ok: false, error: 'OVERLOADED' });
    await session.close();
    await engine.close();
  });
});
