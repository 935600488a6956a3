import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../../../src/flow/document/check/check.js';
import type { Flow } from '../../../../src/flow/document/document.js';
import { createJournalWriter, type JournalWriter } from '../../../../src/flow/journal/writer.js';
import type { FlowPorts } from '../../../../src/flow/ports.js';
import type { WebhookAnswer, WebhookCall } from '../../../../src/model/webhook.js';
import { replayJournal } from '../../../../src/flow/engine/replay.js';
import { createFlowRun, type RunOutcome } from '../../../../src/flow/engine/run.js';
import { defineWidget, type Operations, type WidgetContext, type WidgetDefinition } from '../../../../src/flow/widget.js';
import { Aborted, sleep, systemClock } from '../../../../src/lib/clock.js';
import { silentLogger, type Logger } from '../../../../src/lib/log/log.js';
import { FakeCall } from '../../../support/fake-call.js';
import { FakeFunctions } from '../../../support/fake-functions.js';
import { testWidgets } from '../../../support/flow-test-widgets.js';
import { webhookAnswer } from '../../../support/webhook-calls.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/* Several operations at once, and the end of the losers; whatever happens, the journal alone decides. */

/** Requests by name that answer when the test says so, several in one turn of the event loop if need be. */
class Gates {
  readonly aborted: string[] = [];
  readonly #open = new Map<string, (answer: WebhookAnswer) => void>();

  wait(name: string, signal?: AbortSignal): Promise<WebhookAnswer> {
    return new Promise((resolve, reject) => {
      this.#open.set(name, resolve);
      signal?.addEventListener('abort', () => {
        this.aborted.push(name);
        reject(new Aborted(name));
      });
    });
  }

  open(...names: readonly string[]): void {
    for (const name of names) this.#open.get(name)?.(webhookAnswer({ raw: name }));
  }
}

const CALL = {
  method: 'GET',
  headers: [],
  query: [],
  auth: { type: 'none' },
  body: null,
  timeoutMs: 1000,
  maxResponseBytes: 1000,
  redirects: 0,
  responseType: 'auto',
  pathRoot: 'document',
  xmlPaths: 'dotted',
  mapping: [],
} as const;

const ask = async ({ webhook }: Pick<Operations, 'webhook'>, name: string): Promise<string> => {
  const answer = await webhook.request({ ...CALL, url: [name] });
  return answer.raw ?? '';
};

const nameOf = ({ url: [name] }: WebhookCall): string => (typeof name === 'string' ? name : '');

type Run = (context: WidgetContext) => Promise<string>;

/** A flow of one widget that does what a test wants. */
function flowOf(run: Run): Flow {
  const widget: WidgetDefinition = defineWidget({
    type: 'racer',
    version: 1,
    summary: '',
    docs: '',
    example: {},
    config: (testWidgets.get('hangup') as WidgetDefinition).config,
    exits: () => ({ a: { summary: '' }, b: { summary: '' }, failed: { summary: '', error: true } }),
    audio: false,
    waits: true,
    writes: () => ['$flow.key.seen'],
    run: (_config, context) => run(context),
  });
  const exits = { a: null, b: null, failed: null };
  const document = { id: 'f', name: 'F', start: 'w', widgets: { w: { type: 'racer', exits } } };
  const { flow, problems } = checkFlow(document, { widgets: new Map([['racer', widget]]) });
  if (flow === null) throw new Error(JSON.stringify(problems));
  return flow;
}

interface Story {
  readonly outcome: RunOutcome;
  readonly journal: JournalWriter['entries'];
  readonly exit: string | undefined;
  /** Questions that were answered, by their address. */
  readonly answered: readonly string[];
}

/** Runs the widget while the test opens the gates, replays it, and compares. */
async function story(
  run: Run,
  gates: Gates,
  events: () => Promise<void>,
  more: { log?: Logger; end?: AbortSignal } = {},
): Promise<Story> {
  const flow = flowOf(run);
  const writer = createJournalWriter('c', new VirtualClock(), []);
  const ports: FlowPorts = {
    call: new FakeCall({ clock: new VirtualClock() }),
    webhook: {
      request: (call, signal) => gates.wait(nameOf(call), signal),
      requestAside: (call) => gates.wait(nameOf(call)),
      send: () => Promise.resolve({ kind: 'done' }),
    },
    functions: new FakeFunctions(),
    clock: { now: () => 0, sleep: (ms, signal) => sleep(systemClock, ms, signal) },
    facts: { read: () => ({}) },
    users: { load: () => Promise.resolve({}), save: () => Promise.resolve({ kind: 'done' }) },
    random: { next: () => 0.5, uuid: () => 'u' },
  };
  const options = { flow, ports, log: more.log ?? silentLogger, limits: { maxSteps: 10 }, contact: null };
  const journal = (event: Parameters<JournalWriter['append']>[0]): void => writer.append(event);
  const main = createFlowRun({ ...options, journal, signal: more.end ?? new AbortController().signal }).main();
  await events();
  const outcome = await main;
  const replayed = await replayJournal({ flow, entries: writer.entries });
  const exitIn = (entries: readonly { type: string }[]) =>
    entries.flatMap((entry) => (entry.type === 'exit' ? [(entry as { exit?: string }).exit] : []))[0];
  expect(replayed.divergence).toBeNull();
  expect(replayed.summary.steps[0]?.exit ?? undefined).toBe(exitIn(writer.entries));
  expect(replayed.summary.variables.map(({ value }) => value)).toEqual(
    writer.entries.flatMap((entry) => (entry.type === 'set' ? [entry.value] : [])).slice(-1),
  );
  const asks = new Map(writer.entries.flatMap((e) => (e.type === 'ask' ? [[e.ask, e] as const] : [])));
  const answered = writer.entries.flatMap((e) =>
    e.type === 'answer' && e.op.startsWith('webhook')
      ? [String((asks.get(e.ask)?.request as { url?: unknown } | undefined)?.url)]
      : [],
  );
  return { outcome, journal: writer.entries, exit: exitIn(writer.entries), answered };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// docs/decisions/0003-journal-first.md
describe('race', () => {
  it('the first wins; what the others wait for is aborted and leaves a question without an answer', async () => {
    const gates = new Gates();
    const call = await story(
      ({ race }) => race([(ports) => ask(ports, 'a'), (ports) => ask(ports, 'b')]),
      gates,
      async () => {
        await turn();
        gates.open('b');
      },
    );
    expect([call.exit, call.answered, gates.aborted]).toEqual(['b', ['b'], ['a']]);
  });

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])(
    'two answers in one turn: the first in the journal wins, however long its way to the end (%s before %s)',
    async (...order) => {
      const gates = new Gates();
      const slowly = async (ports: Operations, name: string): Promise<string> => {
        const got = await ask(ports, name);
        for (let hops = 0; hops < 20; hops++) await Promise.resolve();
        return got;
      };
      const call = await story(
        async ({ race, vars }) => {
          const won = await race([(ports) => slowly(ports, 'a'), (ports) => ask(ports, 'b')]);
          vars.set('$flow.key.seen', won);
          return won;
        },
        gates,
        async () => {
          await turn();
          gates.open(...order);
        },
      );
      expect([call.exit, call.answered]).toEqual([order[0], [order[0]]]);
    },
  );

  it('null steps aside; when all have, the widget fails', async () => {
    const gates = new Gates();
    const open = async (): Promise<void> => {
      await turn();
      gates.open('a');
    };
    const aside = async (ports: Operations): Promise<null> => {
      await ask(ports, 'a');
      return null;
    };
    const one = await story(({ race }) => race<string>([aside, () => Promise.resolve('b')]), gates, open);
    expect(one.exit).toBe('b');
    const none = await story(({ race }) => race<string>([aside]), gates, open);
    expect(none.exit).toBe('failed');
  });

  it('races nest: the end of the outer one ends the inner one', async () => {
    const gates = new Gates();
    const call = await story(
      ({ race }) =>
        race([({ race: inner }) => inner([(ports) => ask(ports, 'x'), (ports) => ask(ports, 'y')]), (ports) => ask(ports, 'b')]),
      gates,
      async () => {
        await turn();
        gates.open('b');
      },
    );
    expect([call.exit, gates.aborted]).toEqual(['b', ['x', 'y']]);
  });

  it('a contestant that breaks is a crash of the widget; one that breaks after the end is told to the log', async () => {
    const gates = new Gates();
    const lines: unknown[] = [];
    const log = { ...silentLogger, error: (line: object) => lines.push(line), child: () => log } as unknown as Logger;
    const breaks = (): Promise<string> => Promise.reject(new Error('broken'));
    expect((await story(({ race }) => race([breaks]), gates, turn)).exit).toBe('failed');
    const stray = async (): Promise<string> => {
      await turn();
      throw new Error('too late');
    };
    const call = await story(({ race }) => race([stray, () => Promise.resolve('a')]), gates, turn, { log });
    await turn();
    expect(call.exit).toBe('a');
    expect(JSON.stringify(lines)).toContain('too late');
  });

  // docs/behaviour.md#caller-hangs-up
  it('the end of the call ends every contestant', async () => {
    const gates = new Gates();
    const ended = new AbortController();
    const call = await story(
      ({ race }) => race([(ports) => ask(ports, 'a'), (ports) => ask(ports, 'b')]),
      gates,
      async () => {
        await turn();
        ended.abort();
      },
      { end: ended.signal },
    );
    expect([call.outcome.kind, call.exit, gates.aborted]).toEqual(['aborted', undefined, ['a', 'b']]);
  });

  it('ports of a race take nothing more once it is over', async () => {
    const gates = new Gates();
    let kept: Operations | null = null;
    const call = await story(
      async ({ race, webhook }) => {
        await race([
          (ports) => {
            kept = ports;
            return Promise.resolve('a');
          },
        ]);
        await expect(kept?.webhook.request({ ...CALL, url: ['late'] })).rejects.toBeInstanceOf(Aborted);
        return ask({ webhook: { ...webhook } }, 'b');
      },
      gates,
      async () => {
        await turn();
        await turn();
        gates.open('b');
      },
    );
    expect(call.answered).toEqual(['b']);
  });

  // docs/behaviour.md#late-answers
  it('an answer nobody waits for and one that is waited for, in one turn', async () => {
    const gates = new Gates();
    for (const order of [
      ['aside', 'b'],
      ['b', 'aside'],
    ]) {
      const call = await story(
        async ({ webhook, vars }) => {
          webhook.requestAside({ ...CALL, url: ['aside'] }, ({ raw }) => vars.set('$flow.key.seen', raw));
          const got = await ask({ webhook }, 'b');
          return vars.get('$flow.key.seen') === 'aside' ? 'a' : got;
        },
        gates,
        async () => {
          await turn();
          gates.open(...order);
        },
      );
      // Whichever came in first; the replay took the same.
      expect(call.exit).toBe(call.answered[0] === 'aside' ? 'a' : 'b');
    }
  });
});
