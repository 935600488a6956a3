import { type BrokenFlow, checkRouting, type FlowCheck } from './flows.js';
import { type FlowChange, watchFlows } from './watch.js';
import type { Followed } from '../files/follow.js';
import type { Flow } from '../../flow/document/document.js';
import { background } from '../../lib/log/background.js';
import { systemClock } from '../../lib/clock.js';
import type { Logger } from '../../lib/log/log.js';
import type { PromptLibrary } from '../../speech/types.js';
import { prerender } from '../prompts/prerender.js';
import type { Config } from '../config/config.js';
import { unspokenTexts } from '../prompts/flow-voices.js';

/** The flows for new calls, kept up to date with their files. */
export interface LiveFlows extends Omit<Followed<unknown>, 'now' | 'refused'> {
  /** As they are now, by id. */
  readonly all: () => ReadonlyMap<string, Flow>;
  /** Files that are not fit to run, by id; a flow of `all` with that id is the version before. */
  readonly broken: () => ReadonlyMap<string, BrokenFlow>;
}

/**
 * Follows the flow files of a site; prompts without variables are rendered ahead.
 *
 * @param check judges a file as the site is at that moment
 */
export function followFlows(
  site: { readonly config: Pick<Config, 'flowsDir' | 'routing'>; readonly flows: ReadonlyMap<string, Flow> },
  check: FlowCheck,
  prompts: PromptLibrary,
  log: Logger,
): LiveFlows {
  const tellRoutes = routeTeller(site.config, log);
  const renderAhead = (flows: readonly Flow[]): void => {
    for (const found of unspokenTexts(flows, (language) => prompts.speaks(language))) {
      log.error({ code: 'SPEECH_LANGUAGE_UNSUPPORTED', ...found }, 'no voice on this machine can speak texts of this flow');
    }
    background('rendering prompts ahead', log, () => prerender(flows, prompts, log));
  };
  renderAhead([...site.flows.values()]);
  const { now, look, onChange, close } = watchFlows(site.config.flowsDir, {
    flows: site.flows,
    check,
    clock: systemClock,
    log,
    onChange: (change) => {
      const { flows, changed, removed, mended } = change;
      if (changed.length + removed.length > 0) log.info({ changed, removed }, 'flows changed; running calls keep theirs');
      if (mended.length > 0) log.info({ flows: mended }, 'these flows have no broken file any more');
      tellProblems(change, log);
      tellRoutes(change);
      renderAhead(changed.flatMap((id) => flows.get(id) ?? []));
    },
  });
  return { all: () => now().flows, broken: () => now().broken, look, onChange, close };
}

/** Logs what was found in the files that changed, and whether calls still have a flow of a broken one. */
function tellProblems({ flows, broken, problems }: FlowChange, log: Logger): void {
  for (const problem of problems) {
    const [id] = [...broken].find(([, { file }]) => file === problem.file) ?? [];
    const before = id === undefined ? undefined : flows.get(id)?.version;
    const level = problem.severity === 'error' ? 'error' : 'warn';
    const about = { code: problem.code, problem };
    if (before === undefined) log[level](about, 'flow file');
    else log[level]({ ...about, flow: id, version: before }, 'flow file; calls keep the version before');
  }
}

/** Logs routes that lead nowhere since a change, each once while it does. */
function routeTeller({ routing }: Pick<Config, 'routing'>, log: Logger): (change: FlowChange) => void {
  let told: ReadonlySet<string> = new Set();
  return (change) => {
    const nowhere = new Map(checkRouting(routing, change).map((problem) => [`${problem.path} ${problem.message}`, problem]));
    for (const [key, problem] of nowhere)
      if (!told.has(key)) log.error({ code: problem.code, problem }, 'calls to this number are refused');
    told = new Set(nowhere.keys());
  };
}
