import { describe, expect, it } from 'vitest';
import { CallEvents } from '../../../src/call/events.js';
import { END_REASONS, terminationOf } from '../../../src/call/termination.js';
import { silentLogger } from '../../../src/lib/log/log.js';
import { type ChatCall, TryOut } from '../../../src/integrations/try-out.js';
import { CHECKS } from '../../support/integrations.js';

type Announced = Parameters<ChatCall['announce']>[0];
type Answer = Awaited<ReturnType<ChatCall['announce']>>;

interface Chat {
  readonly answeredAt?: number | null;
  readonly active?: boolean;
  readonly integration?: string;
}

/** A live call whose announcements end when the test says so. */
function rig({ answeredAt = 1, active = true, integration = 'orders' }: Chat = {}) {
  const said: { readonly request: Announced; readonly end: (answer: Answer) => void }[] = [];
  const notes: string[] = [];
  const ends: string[] = [];
  const events = new CallEvents(silentLogger);
  events.on((event) => {
    if (event.type === 'note') notes.push(event.text);
  });
  const call: ChatCall = {
    id: 'c1',
    answeredAt,
    events,
    announce: (request) => new Promise((end) => said.push({ request, end })),
    end: (ending) => {
      ends.push(ending.reason);
      return Promise.resolve(terminationOf(ending, false));
    },
  };
  const tryOut = new TryOut({
    call: (id) => (id === 'c1' ? call : null),
    integrationOf: (id) => (id === 'c1' ? integration : null),
    isActive: (id) => (id === 'orders' ? active : null),
    guard: CHECKS.guard,
    log: silentLogger,
  });
  const text = (words: string, chat = 'c1', id = 'orders') => tryOut.send(id, chat, { type: 'text', text: words });
  return { tryOut, said, notes, ends, text };
}

const COMPLETED: Answer = { kind: 'done', ms: 100 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (outcome: ReturnType<TryOut['send']>): string => (outcome.ok ? 'ok' : outcome.error.code);

// docs/behaviour.md#events-into-a-call
describe('events into a chat', () => {
  it('text is spoken, media is played, each queued at once', () => {
    const { tryOut, said, text } = rig();
    expect(text('Hello.')).toEqual({ ok: true, value: { waiting: 1 } });
    const media = { url: 'https://shop.example/jingle.wav', caption: 'Jingle' };
    expect(tryOut.send('orders', 'c1', { type: 'media', multimedia: media })).toEqual({ ok: true, value: { waiting: 2 } });
    expect(said.map(({ request }) => request.segments)).toEqual([
      [{ kind: 'say', text: 'Hello.' }],
      [{ kind: 'url', url: 'https://shop.example/jingle.wav' }],
    ]);
  });

  it('the end hangs up when everything before was heard, and nothing comes behind it', async () => {
    const { tryOut, said, ends, text } = rig();
    text('one');
    text('two');
    expect(codeOf(tryOut.send('orders', 'c1', { type: 'end' }))).toBe('ok');
    expect(codeOf(text('three'))).toBe('INTEGRATION_CHAT_ENDING');
    said[0]?.end(COMPLETED);
    await turn();
    expect(ends).toEqual([]);
    said[1]?.end({ kind: 'failed', code: 'PROMPT_FETCH_FAILED', message: 'gone' });
    await turn();
    expect(ends).toEqual([END_REASONS.admin().reason]);
  });

  it('what cannot be heard is in the story of the call', async () => {
    const { said, notes, text } = rig();
    text('one');
    said[0]?.end({ kind: 'failed', code: 'SPEECH_FAILED', message: 'no voice' });
    await turn();
    expect(notes).toEqual(['INTEGRATION: an event could not be heard: SPEECH_FAILED: no voice']);
  });

  it('twenty wait, no more; each that was heard makes room', async () => {
    const { said, text } = rig();
    expect([...Array(20).keys()].map(() => codeOf(text('x')))).toEqual(Array(20).fill('ok'));
    expect(codeOf(text('x'))).toBe('INTEGRATION_QUEUE_FULL');
    said[0]?.end(COMPLETED);
    await turn();
    expect(codeOf(text('x'))).toBe('ok');
  });

  it('only into live, answered chats of that very integration, while it is active', () => {
    expect(codeOf(rig().text('x', 'c2'))).toBe('INTEGRATION_CHAT_UNKNOWN');
    expect(codeOf(rig({ integration: 'other' }).text('x'))).toBe('INTEGRATION_CHAT_UNKNOWN');
    expect(codeOf(rig().text('x', 'c1', 'none'))).toBe('INTEGRATION_UNKNOWN');
    expect(codeOf(rig({ active: false }).text('x'))).toBe('INTEGRATION_INACTIVE');
    expect(codeOf(rig({ answeredAt: null }).text('x'))).toBe('INTEGRATION_CHAT_NOT_ANSWERED');
  });

  it('no media from inside', () => {
    const { tryOut, said } = rig();
    for (const url of ['http://shop.example/a.wav', 'https://127.0.0.1/a.wav', 'file:///etc/passwd', 'nonsense']) {
      expect(codeOf(tryOut.send('orders', 'c1', { type: 'media', multimedia: { url } }))).toBe('INTEGRATION_EVENT_INVALID');
    }
    expect(said).toEqual([]);
  });
});
