import type { Prompt } from '../../flow/prompt.js';
import type { Contestant, Operations, WidgetContext } from '../../flow/widget.js';
import { Aborted } from '../../lib/clock.js';
import { startHoldMusic } from './music.js';
import { type Hold, holdsCaller } from './hold.js';

/** How a wait ended. */
export type Waited<A> = { readonly kind: 'answered'; readonly answer: A } | Escaped;

/** The caller left the wait, after so many ms. */
export interface Escaped {
  readonly kind: 'escaped';
  readonly key: string;
  readonly ms: number;
}

/** What is waited for. */
export interface Wait<A> {
  readonly hold: Hold;
  /** Longest time it may take, ms: whatever the caller hears delays the answer no further than that. */
  readonly limitMs: number;
  /** Sends the question on the given ports and resolves with the answer. */
  readonly ask: (ports: Operations) => Promise<A>;
}

/** Shortest pause before a prompt is said again, ms. */
const MIN_PAUSE_MS = 500;

/**
 * Waits for an answer while the caller hears prompts and music, until it is there or the caller presses the escape key
 * (docs/behaviour.md#waiting). The question goes out first, so that nothing the caller hears costs it time; whatever cannot be
 * played is told to the log and changes nothing. Rejects with `Aborted` when the call ends (docs/behaviour.md#caller-hangs-up).
 */
export async function waitHolding<A>(wait: Wait<A>, context: WidgetContext): Promise<Waited<A>> {
  if (!holdsCaller(wait.hold)) return { kind: 'answered', answer: await wait.ask(context) };
  const sound = new HoldSound(wait.hold, context);
  const waited = await context.race<Waited<A>>([(ports) => inScope(wait, sound, ports)]);
  if (sound.musicAsked) await context.call.stopMusic();
  return waited;
}

/** @param ports end with the wait, prompts that may be finished and the least time of music included */
async function inScope<A>({ hold, limitMs, ask }: Wait<A>, sound: HoldSound, ports: Operations): Promise<Waited<A>> {
  const deadline = sound.mayDelay ? quiet(ports.clock.sleep(limitMs)) : null;
  const { escapeKey } = hold;
  const waited = await ports.race<Waited<A>>([
    async (own) => ({ kind: 'answered', answer: await ask(own) }),
    ...(escapeKey === undefined ? [] : [(own: Operations) => escape(own, escapeKey, sound)]),
    ...sound.parts(ports),
  ]);
  sound.over = true;
  if (deadline !== null && waited.kind === 'answered') await Promise.race([deadline, sound.settled()]);
  return waited;
}

async function escape(ports: Operations, keys: string, sound: HoldSound): Promise<Escaped | null> {
  const begun = ports.clock.now();
  const answer = await ports.call.awaitKey({ keys });
  if (answer.kind === 'pressed') return { kind: 'escaped', key: answer.key, ms: Math.max(0, answer.at - begun) };
  sound.complain('the escape key cannot be heard', answer);
  return null;
}

/** Everything a waiting caller hears. */
class HoldSound {
  /** The wait is over: nothing new begins. */
  over = false;
  /** Music was asked for, so it may sound. */
  musicAsked = false;
  /** The prompt that is being said. */
  #speech: Promise<unknown> | null = null;
  /** The time music has to sound at least. */
  #leastMusic: Promise<unknown> | null = null;

  constructor(
    private readonly hold: Hold,
    private readonly context: WidgetContext,
  ) {}

  /** An answer may have to wait for what is heard. */
  get mayDelay(): boolean {
    return this.hold.minMusic > 0 || this.hold.finishPrompts;
  }

  /**
   * The parts of the wait, each a contestant that never wins.
   *
   * @param lasting ports that live on for a moment when the answer is there
   */
  parts(lasting: Operations): Contestant<never>[] {
    const parts: ((own: Operations) => Promise<void>)[] = [
      (own) => this.#promptAndMusic(own, lasting),
      ...this.hold.progress.map((row) => async (own: Operations) => {
        if (row.at > 0) await own.clock.sleep(row.at * 1000);
        await this.#sayAgain(row, own, lasting);
      }),
    ];
    return parts.map((part) => async (own) => {
      try {
        await part(own);
      } catch (error) {
        if (error instanceof Aborted) throw error;
        this.context.log.error(
          { code: 'UNEXPECTED_ERROR', widget: this.context.id, error: String(error) },
          'a part of the wait broke; the request goes on',
        );
      }
      return null;
    });
  }

  /** Resolves when nothing that is heard has to be finished any more. */
  async settled(): Promise<void> {
    if (this.hold.finishPrompts) await this.#speech;
    await this.#leastMusic;
  }

  complain(what: string, { code, message }: { readonly code: string; readonly message: string }): void {
    this.context.log.warn({ widget: this.context.id, code, problem: message }, what);
  }

  async #promptAndMusic(own: Operations, lasting: Operations): Promise<void> {
    const { holdPrompt, holdMusic, holdMusicDelay, minMusic } = this.hold;
    if (holdPrompt !== undefined) await this.#say(holdPrompt, own, lasting);
    if (holdMusic === false) return;
    if (holdMusicDelay > 0) await own.clock.sleep(holdMusicDelay * 1000);
    if (typeof holdMusic === 'object' && 'every' in holdMusic && holdMusic.every !== undefined) {
      if (await this.#sayAgain(holdMusic, own, lasting)) return;
    }
    this.musicAsked = true;
    const { id, log, vars } = this.context;
    const prompt = typeof holdMusic === 'boolean' ? [] : 'prompt' in holdMusic ? holdMusic.prompt : [holdMusic];
    await startHoldMusic(vars.segments(prompt).value, 0, { id, log, call: own.call });
    if (minMusic > 0) this.#leastMusic = quiet(lasting.clock.sleep(minMusic * 1000));
  }

  /** Says a prompt, once or every so often; false when it cannot be said. */
  async #sayAgain(
    { prompt, every }: { readonly prompt: Prompt; readonly every?: number | undefined },
    own: Operations,
    lasting: Operations,
  ): Promise<boolean> {
    for (;;) {
      const ms = await this.#say(prompt, own, lasting);
      if (ms === null) return false;
      if (every === undefined) return true;
      await own.clock.sleep(Math.max(every * 1000 - ms, MIN_PAUSE_MS));
    }
  }

  /** Says a prompt once no other is being said. How long it took, ms; null when it cannot be said. */
  async #say(prompt: Prompt, own: Operations, lasting: Operations): Promise<number | null> {
    while (this.#speech !== null) await this.#speech;
    if (this.over) return 0;
    const segments = this.context.vars.segments(prompt).value;
    if (segments.length === 0) return 0;
    const ports = this.hold.finishPrompts ? lasting : own;
    const said = ports.call.announce({ segments, level: 0 });
    this.#speech = quiet(said);
    const answer = await said.finally(() => {
      this.#speech = null;
    });
    if (answer.kind !== 'failed') return answer.ms;
    this.complain('a prompt of the wait could not be said', answer);
    return null;
  }
}

/** The same promise for those who only wait for its end: it never rejects. */
function quiet(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(() => undefined);
}
