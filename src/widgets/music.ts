import type { CallFailure, Segment } from '../flow/ports.js';
import type { WidgetContext } from '../flow/widget.js';

/**
 * Starts hold music. Music of the flow's own that cannot be played gives way to the platform's: a caller who waits hears something.
 *
 * @param own the flow's own music, or undefined for the platform's
 * @param startDelayMs silence before it begins
 * @returns what was wrong with the first choice, or null
 */
export async function startHoldMusic(
  own: Segment | undefined,
  startDelayMs: number,
  { id, call, log }: WidgetContext,
): Promise<CallFailure | null> {
  let failure: CallFailure | null = null;
  for (const source of own === undefined ? (['default'] as const) : ([own, 'default'] as const)) {
    const started = await call.startMusic({ source, startDelayMs });
    if (started.kind === 'done') return failure;
    log.warn({ widget: id, code: started.code, problem: started.message }, 'music could not be played');
    failure ??= started;
  }
  return failure;
}
