import { join } from 'node:path';
import { keepUpToDate, type Followed, type FollowedFiles } from '../files/follow.js';
import { stampOf } from '../files/stamp.js';
import type { Flow } from '../../flow/document/document.js';
import type { Problem } from '../../lib/problem.js';
import {
  brokenOnes,
  byId,
  type FlowCheckResult,
  flowFileNames,
  type FlowCheck,
  loadFile,
  type LoadedFile,
  type LoadedFlows,
} from './flows.js';

/** What changed in the folder. */
export interface FlowChange {
  /** The flows for new calls from now on. */
  readonly flows: ReadonlyMap<string, Flow>;
  /** Files that are not fit to run, by id; a flow of `flows` with that id is the version before. */
  readonly broken: LoadedFlows['broken'];
  /** Ids whose file had errors and now has none (even if it is as it was before), or is gone. */
  readonly mended: readonly string[];
  /** Ids that are new or have another version. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** What was found in the files that changed, duplicates included. Refused files keep their old flow. */
  readonly problems: readonly Problem[];
}

/** The flows of a folder as they are now: those for new calls, and the files that are not fit to run. */
export type FlowFolder = Omit<LoadedFlows, 'problems'>;

/** Follows a flow folder; a look at what was refused reads those files anew, though they did not change. */
export type FlowWatch = Followed<FlowFolder>;

export interface WatchOptions extends Pick<FollowedFiles<FlowFolder>, 'log' | 'clock' | 'quietMs' | 'pollMs'> {
  /** The flows in use now: changes made since they were loaded are told at once. */
  readonly flows: ReadonlyMap<string, Flow>;
  readonly check: FlowCheck;
  readonly onChange: (change: FlowChange) => void;
}

/**
 * Follows a flow folder. A changed file that passes its check replaces its flow for new calls; one that does not is refused, its
 * problems are reported and the flow stays as it was. A removed file takes its flow away.
 */
export function watchFlows(dir: string, options: WatchOptions): FlowWatch {
  const { flows, check, onChange, ...how } = options;
  let stamps: ReadonlyMap<string, string> = new Map();
  let files: Files | null = null;
  return keepUpToDate<FlowFolder>({
    ...how,
    at: { dir },
    what: 'flows',
    unreadable: 'the flow folder cannot be read',
    first: { flows, broken: new Map() },
    folders: [dir],
    stamp() {
      stamps = new Map(flowFileNames(dir).map((name) => [name, stampOf(join(dir, name))]));
      return JSON.stringify([...stamps]);
    },
    read(now, { again }) {
      const found = readChanges(dir, { stamps, before: files ?? new Map(), check, again });
      // What the first reading finds in the files is what the start has told already.
      const change = changeOf(now, found.files, files === null ? [] : found.problems);
      files = found.files;
      const value = { flows: change.flows, broken: change.broken };
      const refused = [...files.values()].some((file) => file.refused !== null);
      return { value, refused, use: isNews(change) ? () => onChange(change) : null };
    },
  });
}

/** A file of the folder, by its name. */
type Files = ReadonlyMap<string, FollowedFile>;

interface FollowedFile {
  readonly stamp: string;
  /** What it holds now did not pass its check; null when it did. */
  readonly refused: LoadedFile | null;
  /** The newest content that passed its check; null when there was none yet. */
  readonly accepted: FlowCheckResult | null;
}

/** Reads the files that changed, and with `again` those that were refused. */
function readChanges(
  dir: string,
  how: {
    readonly stamps: ReadonlyMap<string, string>;
    readonly before: Files;
    readonly check: FlowCheck;
    readonly again: boolean;
  },
): { readonly files: Files; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const files = new Map<string, FollowedFile>();
  for (const [name, stamp] of how.stamps) {
    const known = how.before.get(name);
    if (known?.stamp === stamp && !(how.again && known.refused !== null)) {
      files.set(name, known);
      continue;
    }
    const checked = loadFile(dir, name, how.check);
    problems.push(...checked.problems);
    const refused = checked.flow === null ? checked : null;
    files.set(name, { stamp, refused, accepted: refused === null ? checked : (known?.accepted ?? null) });
  }
  return { files, problems };
}

/** What is different from before. */
function changeOf(before: FlowFolder, files: Files, problems: readonly Problem[]): FlowChange {
  const accepted = [...files].flatMap(([name, { accepted: checked }]) => (checked === null ? [] : [[name, checked] as const]));
  const refusals = [...files].flatMap(([name, { refused }]) => (refused === null ? [] : [[name, refused] as const]));
  const joined = byId(new Map(accepted));
  const duplicates = joined.problems.filter(({ code }) => code === 'FLOW_DUPLICATE_ID');
  const { flows } = joined;
  const broken = brokenOnes(new Map(refusals));
  return {
    flows,
    broken,
    mended: [...before.broken.keys()].filter((id) => !broken.has(id)),
    changed: [...flows.values()].filter(({ id, version }) => before.flows.get(id)?.version !== version).map(({ id }) => id),
    removed: [...before.flows.keys()].filter((id) => !flows.has(id)),
    problems: [...problems, ...duplicates],
  };
}

function isNews({ changed, removed, mended, problems }: FlowChange): boolean {
  return changed.length + removed.length + mended.length + problems.length > 0;
}
