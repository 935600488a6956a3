import { relative } from 'node:path';
import type { Config } from '../config/config.js';
import { editFile } from '../files/edit-file.js';
import { type BrokenFlow, checkFlowText, type FlowCheck, flowFileOf } from './flows.js';
import type { Clock } from '../../lib/clock.js';
import { err, ok, type Result } from '../../lib/result.js';
import { noFlow } from './no-flow.js';
import { refusal, type Refusal } from '../../model/refusal.js';

/** What switching a flow's report needs. */
export interface FlowWebhookOptions {
  readonly config: Pick<Config, 'dir' | 'flowsDir'>;
  /** By what the site is now. */
  readonly check: FlowCheck;
  /** The flow files that are not fit to run, by id. */
  readonly broken: () => ReadonlyMap<string, BrokenFlow>;
  readonly clock: Clock;
  readonly changed?: () => void;
}

/**
 * Switches the report of a flow on or off (docs/behaviour.md#report-switch): writes `webhook` into its file and leaves everything
 * else as it is formatted. Refused without a default webhook, and when the file would not pass its check afterwards.
 */
export async function switchFlowWebhook(
  options: FlowWebhookOptions,
  id: string,
  enabled: boolean,
): Promise<Result<{ readonly id: string; readonly webhook: boolean }, Refusal>> {
  const { config, check, broken, clock, changed } = options;
  const path = flowFileOf(config.flowsDir, id);
  if (path === null) return err(noFlow(id, broken()));
  const file = relative(config.dir, path);
  return editFile({ path, name: file, clock, changed }, (text) => {
    if (text === null) return err(noFlow(id, broken()));
    return ok({
      start: text,
      edits: [{ path: ['webhook'], value: enabled, behind: 'name' }],
      judge(after) {
        const errors = checkFlowText(after, file, check).problems.filter(({ severity }) => severity === 'error');
        const [first] = errors;
        if (first === undefined) return ok({ id, webhook: enabled });
        const missing = errors.find(({ code }) => code === 'FLOW_NO_DEFAULT_WEBHOOK');
        const message = `No webhook is marked as default, so the report of ${id} has no receiver.`;
        return err(missing === undefined ? refusal(first.code, first.message, errors) : refusal(missing.code, message));
      },
    });
  });
}
