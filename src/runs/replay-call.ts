import type { Flow } from '../flow/document/document.js';
import { summarizeJournal, type StepSummary } from '../flow/journal/summary.js';
import type { JournalEntry } from '../model/journal.js';
import { replayJournal, type Replayed } from '../flow/engine/replay.js';

/** A step as it is compared: `exit` is null when it was cut off. */
export type ComparedStep = Pick<StepSummary, 'widget' | 'exit' | 'anchor'>;

/** A past call beside what a flow makes of it now. */
export interface CallReplay extends Pick<Replayed, 'divergence' | 'reworded' | 'lossy'> {
  /** How the replayed flow ended. */
  readonly outcome: string;
  /** Step by step; null where one of the two had none any more. */
  readonly steps: readonly { readonly then: ComparedStep | null; readonly now: ComparedStep | null }[];
}

/**
 * Runs a flow again with the answers of a past call (docs/decisions/0003-journal-first.md); nobody is called and nothing is sent.
 */
export async function replayCall(flow: Flow, entries: readonly JournalEntry[]): Promise<CallReplay> {
  const { outcome, summary, divergence, reworded, lossy } = await replayJournal({ flow, entries });
  const then = summarizeJournal(entries).steps.map(compared);
  const now = summary.steps.map(compared);
  const longer = then.length > now.length ? then : now;
  const steps = longer.map((_, index) => ({ then: then[index] ?? null, now: now[index] ?? null }));
  return { outcome: outcome.kind, steps, divergence, reworded, lossy };
}

function compared({ widget, exit, anchor }: StepSummary): ComparedStep {
  return { widget, exit, anchor };
}
