import type { Json } from '../lib/json/json.js';
import type { LegFacts } from './leg.js';

/*
 * What a report shows of a call as its journal has it. The summary of a journal provides it and the report is made of it, so what is
 * declared here is copied nowhere by name. All times are wall-clock ms.
 */

/** A variable with a value at the end, in the order of first setting, its own type kept (docs/behaviour.md#report-variables). */
export interface VariableSummary {
  /** Full name, e.g. `$flow.key.order`. */
  readonly name: string;
  /** `***` when masked. */
  readonly value: Json;
  readonly masked: boolean;
}

/** A widget the call went through. */
export interface ReportStep {
  readonly widget: string;
  /** Null when the step was cut off: the call ended, or the process. */
  readonly exit: string | null;
  readonly at: number;
  /** Time in the widget, up to the last entry when it was cut off. */
  readonly ms: number;
}

/** A bug or a limit that stopped a widget. */
export interface ReportFault {
  readonly widget: string;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** A leg; times are null when the event did not happen (or the journal ends before). */
export interface ReportLeg extends Pick<LegFacts, 'direction' | 'callee' | 'did'> {
  readonly startedAt: number;
  readonly ringingAt: number | null;
  readonly answeredAt: number | null;
  readonly sip: number | null;
}

export interface ReportData {
  /** Id of the widget entered last. */
  readonly lastWidget: string | null;
  /** What went wrong; absent: nothing did. */
  readonly faults?: readonly ReportFault[];
  /** In first-set order; every namespace a flow can write. */
  readonly variables: readonly VariableSummary[];
  readonly steps: readonly ReportStep[];
}
