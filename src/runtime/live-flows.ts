import { type FlowCheck, watchFlows } from '../flow-files.js';
import type { Flow } from '../flow/document.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/log.js';
import type { PromptLibrary } from '../media/prompts/types.js';
import { prerender } from './prerender.js';
import type { Site } from './site.js';

/** The flows for new calls, kept up to date with their files. */
export interface LiveFlows {
  /** As they are now, by id. */
  readonly all: () => ReadonlyMap<string, Flow>;
  /** Looks at the files at once; `refused`: at those too that did not pass their check before. */
  readonly look: (again?: 'refused') => void;
  /** Calls back after every change. One listener. */
  readonly onChange: (listener: () => void) => void;
  readonly close: () => void;
}

/**
 * Follows the flow files of a site; prompts without variables are rendered ahead.
 *
 * @param check judges a file as the site is at that moment
 */
export function followFlows(
  site: Pick<Site, 'config' | 'flows'>,
  check: FlowCheck,
  prompts: PromptLibrary,
  log: Logger,
): LiveFlows {
  let current = site.flows;
  let tell = (): void => undefined;
  void prerender([...current.values()], prompts, log);
  const watch = watchFlows(site.config.flowsDir, {
    flows: site.flows,
    check,
    clock: systemClock,
    log,
    onChange: ({ flows, changed, removed, problems }) => {
      current = flows;
      tell();
      if (changed.length + removed.length > 0) log.info({ changed, removed }, 'flows changed; running calls keep theirs');
      for (const problem of problems) log[problem.severity === 'error' ? 'error' : 'warn']({ problem }, 'flow file');
      void prerender(
        changed.flatMap((id) => flows.get(id) ?? []),
        prompts,
        log,
      );
    },
  });
  return {
    all: () => current,
    look: (again) => watch.look(again),
    onChange: (listener) => {
      tell = listener;
    },
    close: () => watch.close(),
  };
}
