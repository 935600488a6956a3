import type { FunctionPort } from '../../flow/ports.js';
import type { FunctionAnswer, FunctionCall } from '../../model/function.js';

/** The function port of a call, with what went through it kept. */
export class RecordedFunctions implements FunctionPort {
  /** What the widget called, and the answer. */
  request: FunctionCall | null = null;
  answer: FunctionAnswer | null = null;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(private readonly port: Pick<FunctionPort, 'call'>) {}

  async call(request: FunctionCall, signal: AbortSignal): Promise<FunctionAnswer> {
    this.request = request;
    const answer = await this.port.call(request, signal);
    this.answer = answer;
    return answer;
  }

  /** Nobody waits for it in a flow; the test does. */
  send(request: FunctionCall): Promise<{ readonly kind: 'done' }> {
    const called = this.call(request, new AbortController().signal);
    // The error goes to the code that waits for the result.
    called.catch(() => undefined);
    this.#pending.add(called);
    return Promise.resolve({ kind: 'done' });
  }

  /** Resolves when nothing that was sent is under way; rejects when it broke, which is a defect. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
