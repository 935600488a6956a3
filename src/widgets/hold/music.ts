import type { CallFailure } from '../../model/call-verbs.js';
import type { Segment } from '../../model/segment.js';
import type { WidgetContext } from '../../flow/widget.js';

/**
 * Starts hold music. Music of the flow's own that cannot be played gives way to the platform's: a caller who waits hears something.
 *
 * @param own the flow's own music, several segments one after the other and again; empty for the platform's
 * @param startDelayMs silence before it begins
 * @returns what was wrong with the first choice, or null
 */
export async function startHoldMusic(
  own: readonly Segment[],
  startDelayMs: number,
  { id, call, log }: Pick<WidgetContext, 'id' | 'call' | 'log'>,
): Promise<CallFailure | null> {
  const [first, ...more] = own;
  const chosen = first === undefined ? [] : [more.length === 0 ? first : own];
  let failure: CallFailure | null = null;
  for (const source of [...chosen, 'default'] as const) {
    const started = await call.startMusic({ source, startDelayMs });
    if (started.kind === 'done') return failure;
    log.warn({ widget: id, code: started.code, problem: started.message }, 'music could not be played');
    failure ??= started;
  }
  return failure;
}
