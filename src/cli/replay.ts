import type { Command } from 'commander';
import { readTextFile } from '../site/files/json-file.js';
import type { CallRow } from '../model/call-row.js';
import { refusal, type Refusal } from '../model/refusal.js';
import type { Flow } from '../flow/document/document.js';
import { checkFlowText } from '../site/flows/flows.js';
import { err, ok, type Result } from '../lib/result.js';
import { type CallReplay, type ComparedStep, replayCall } from '../runs/replay-call.js';
import { readSite, type Site } from '../site/site.js';
import { readStore } from '../store/sqlite/read-store.js';
import { formatError } from '../model/journal-format.js';
import { finish, table } from './output.js';
import { type CommandLine, unusable } from './command-line.js';

/** What `offhook replay` is told. */
export interface ReplayArguments {
  readonly config: string;
  /** A flow file; the flow of the call as it is now when absent. */
  readonly flow?: string;
  readonly json: boolean;
}

/** A replay, and what was replayed by what. */
interface Shown extends CallReplay {
  readonly call: Pick<CallRow, 'id' | 'flowId' | 'flowVersion' | 'startedAt' | 'endedAt'>;
  readonly flow: Pick<Flow, 'id' | 'version'>;
}

/** `offhook replay`. */
export function addReplayCommand(program: Command, { print, exit, config }: CommandLine): void {
  program
    .command('replay')
    .description(
      'run a past call again with its recorded answers, against its current flow or a draft; exits with 1 if it takes another way',
    )
    .argument('<call>', 'id of the call')
    .addOption(config)
    .option('-f, --flow <file>', 'a flow file, which need not be in use (default: the current flow of the call)')
    .option('--json', 'print JSON', false)
    .action(async (call: string, options: ReplayArguments) => {
      exit(await replayCommand(call, options, print));
    });
}

/**
 * Replays a call of the store, whether a process runs or not. Resolves with the exit code: 0 when every step takes the exit it took
 * then, 1 when not, 2 when there is nothing to replay or to replay it with.
 */
export async function replayCommand(id: string, options: ReplayArguments, print: (text: string) => void): Promise<number> {
  const result = await replay(id, options);
  const code = finish({ print, json: options.json }, result, lines);
  if (!result.ok) return 2;
  return code === 0 && result.value.divergence !== null ? 1 : code;
}

async function replay(id: string, { config: dir, flow: file }: ReplayArguments): Promise<Result<Shown, Refusal>> {
  const { site, problems } = readSite({ dir });
  if (site === null) return unusable(problems.filter(({ severity }) => severity === 'error'));
  const found = await readStore(site.config.store.file, async (queries) => {
    const stored = await queries.call(id);
    return stored === null ? null : { row: stored.call, entries: await queries.journal(id) };
  });
  if (!found.ok) return err(refusal(found.error.code, found.error.message));
  if (found.value === null) return err(refusal('API_NOT_FOUND', `There is no call ${id}.`));
  const { row, entries } = found.value;
  const later = formatError(entries[0]);
  if (later !== null) return err(refusal(later.code, later.message));
  if (entries.length === 0) return err(refusal('API_NOT_FOUND', `The call ${id} has no journal.`));
  const flow = file === undefined ? flowOf(site, row.flowId) : draft(site, file);
  if (!flow.ok) return flow;
  const { id: callId, flowId, flowVersion, startedAt, endedAt } = row;
  return ok({
    call: { id: callId, flowId, flowVersion, startedAt, endedAt },
    flow: { id: flow.value.id, version: flow.value.version },
    ...(await replayCall(flow.value, entries)),
  });
}

function flowOf({ flows }: Site, id: string): Result<Flow, Refusal> {
  const flow = flows.get(id);
  if (flow !== undefined) return ok(flow);
  return err(refusal('API_NOT_FOUND', `The flow ${id} no longer exists. Name a file with --flow.`));
}

function draft({ check }: Site, file: string): Result<Flow, Refusal> {
  const text = readTextFile(file);
  if (!text.ok) return err(refusal('FLOW_UNREADABLE', text.error.message));
  const { flow, problems } = checkFlowText(text.value, file, check);
  return flow === null ? err(refusal('FLOW_BROKEN', `${file} has errors.`, problems)) : ok(flow);
}

function lines({ call, flow, steps, divergence, reworded, lossy }: Shown): string[] {
  const then = `${call.flowId} ${call.flowVersion}`;
  const now = `${flow.id} ${flow.version}`;
  const rows = steps.map(({ then: was, now: is }, index) => {
    const [left, right] = [shown(was), shown(is)];
    return [left === right ? '' : '!', String(index + 1), left, right];
  });
  return [
    `Call ${call.id} of ${new Date(call.startedAt).toISOString()}${call.endedAt === null ? ', which has not ended' : ''}`,
    then === now ? `Flow ${now}, the same as at the time of the call` : `Flow ${now}; at the time of the call ${then}`,
    '',
    ...table(['', 'STEP', 'THEN', 'NOW'], rows),
    '',
    divergence === null
      ? '✓ Every step takes the same exit as in the call.'
      : `✗ Step ${divergence.step}${divergence.widget === null ? '' : ` (${divergence.widget})`}: then ${divergence.recorded}, now ${divergence.replayed}.`,
    ...reworded.map(
      ({ step, op }) => `! Step ${step} sends another request than in the call (${op}). The replay gave it the recorded answer.`,
    ),
    ...(lossy ? ['! The journal has masked values. A step that uses them may differ for this reason alone.'] : []),
  ];
}

/** `ask:collected`, with the anchor where it is not the flow itself; `–` for nothing. */
function shown(step: ComparedStep | null): string {
  if (step === null) return '–';
  const { widget, exit, anchor } = step;
  return `${anchor === 'start' ? '' : `${anchor} `}${widget}:${exit ?? '(cut off)'}`;
}
