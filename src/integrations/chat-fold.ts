import { callVariablesAt } from '../model/call-variables.js';
import { asText } from '../flow/variables/escape.js';
import { FoldedVariables } from '../flow/journal/summary-variables.js';
import type { JournalEntry } from '../model/journal.js';
import type { LegFacts } from '../model/leg.js';
import type { Termination } from '../model/termination.js';
import { PARAM_ALIASES, SYSTEM_VALUES, type VariableName } from '../flow/variables/names.js';
import { parseName } from '../flow/variables/scanner.js';
import { systemValue } from '../flow/variables/system.js';
import { zonedDatetime } from '../flow/variables/zoned.js';
import type { Json, JsonObject } from '../lib/json/json.js';
import { jsonField } from '../lib/json/json-field.js';
import type { ChatEvent } from './event.js';
import { namedUuid } from '../lib/named-uuid.js';

/** What the journal of a call does not say of it. */
export interface ChatSurroundings {
  /** Where a recording can be fetched. */
  readonly recordingUrl: (id: string) => string;
  /** Name and language of a flow, as it is now. */
  readonly flow: (id: string) => { readonly name: string; readonly language: string } | undefined;
  /** Longest that the end of a chat waits for a message that is not final, ms. */
  readonly recordingWaitMs: number;
}

/** A message the caller is leaving, or has left. */
interface Message {
  readonly name: string;
  told: boolean;
}

/** Exits of widgets that ask the caller which are no answer of the caller. */
const NO_ANSWER: Readonly<Record<string, ReadonlySet<string>>> = {
  collect: new Set(['noInput', 'missed', 'failed']),
  menu: new Set(['noInput', 'invalid', 'failed']),
};

/**
 * The events of one chat (docs/behaviour.md#integration-events) out of the entries of its call's journal, given one after the
 * other.
 */
export class ChatFold {
  readonly #variables = new FoldedVariables();
  readonly #messages = new Map<string, Message>();
  #call: (JournalEntry & { type: 'call' }) | null = null;
  #leg: LegFacts | null = null;
  #startedAt = 0;
  #answeredAt: number | null = null;
  #termination: Termination | null = null;
  /** The wall clock may go back; the order of events may not. */
  #at = 0;
  #seq = 0;
  /** The widget the caller is in: what it is, what it asked for, and what the caller answered. */
  #step: { readonly type: string; asked: string | null; answered: boolean; set: Json | null } | null = null;
  #digits: string | null = null;
  #recordingUrl: string | null = null;

  constructor(private readonly surroundings: ChatSurroundings) {}

  /** Id of the integration the call belongs to; null: none, or nobody knows yet. */
  get integration(): string | null {
    return this.#call?.integration ?? null;
  }

  add(entry: JournalEntry): readonly ChatEvent[] {
    this.#variables.add(entry);
    this.#at = Math.max(this.#at, entry.at);
    this.#seq = entry.seq;
    switch (entry.type) {
      case 'call':
        this.#call = entry;
        this.#startedAt = entry.at;
        return [];
      case 'leg.created':
        if (this.#leg !== null) return [];
        this.#leg = entry.leg;
        return [this.#event('START', 'start')];
      case 'leg.answered':
        if (entry.leg === this.#leg?.leg) this.#answeredAt ??= entry.at;
        return [];
      case 'enter':
        this.#step = { type: entry.widgetType, asked: null, answered: false, set: null };
        return [];
      case 'ask':
      case 'answer':
      case 'set':
      case 'exit':
        return this.#inWidget(entry);
      case 'recording':
        if (entry.leg !== undefined) return [];
        this.#recordingUrl = this.surroundings.recordingUrl(entry.id);
        return this.#message(entry.id, this.#at);
      case 'recording.lost':
        this.#messages.delete(entry.id);
        return [];
      case 'end':
        return this.#ended(entry.termination);
      default:
        return [];
    }
  }

  /** What a variable holds now, masked values as `***`; undefined when nothing. */
  value(name: string): Json | undefined {
    const variable = parseName(name);
    return variable === null ? undefined : this.#value(variable);
  }

  #value(variable: VariableName): Json | undefined {
    const { namespace, name } = variable;
    const alias = namespace === 'param' ? PARAM_ALIASES.get(name) : undefined;
    if (alias !== undefined) return this.#value(alias);
    if (namespace === 'call') return this.#facts()[name];
    return namespace === 'sys' ? this.#system(name) : this.#variables.value(variable);
  }

  /** `$call.*`: as the journal has them, and as they are now. */
  #facts(): JsonObject {
    const { facts: known } = this.#variables;
    const call = this.#call;
    if (call === null) return known;
    const over = this.#termination !== null;
    return callVariablesAt(
      {
        id: call.callId,
        direction: this.#leg?.direction ?? 'inbound',
        known,
        startedAt: this.#startedAt,
        answeredAt: this.#answeredAt,
        endedAt: over ? this.#at : null,
        termination: this.#termination,
        digits: this.#digits,
        recordingUrl: this.#recordingUrl,
      },
      this.#at,
      (ms) => zonedDatetime(ms, call.timeZone),
    );
  }

  #system(name: string): Json | undefined {
    const call = this.#call;
    const known = SYSTEM_VALUES.find((value) => value === name);
    if (call === null || known === undefined) return undefined;
    const { name: flowName = call.flowId, language = 'en-US' } = this.surroundings.flow(call.flowId) ?? {};
    const { flowId: id, flowVersion: version, timeZone } = call;
    return systemValue(
      known,
      { id, version, timeZone, name: flowName, language },
      { now: () => this.#at, uuid: () => namedUuid(`${call.callId}/${this.#seq}/uuid`) },
    );
  }

  #inWidget(entry: JournalEntry & { type: 'ask' | 'answer' | 'set' | 'exit' }): readonly ChatEvent[] {
    const step = this.#step;
    if (step === null) return [];
    // A chat is with the caller: what was asked of another party is none of it.
    if ('leg' in entry) return [];
    switch (entry.type) {
      case 'ask':
        // Both sides recorded are the call; the caller alone is a message.
        if (entry.op === 'call.startRecording') {
          const alone = jsonField(entry.request, 'tracks') === 'caller';
          step.asked = alone ? asText(jsonField(entry.request, 'name')) : null;
        }
        return [];
      case 'answer':
        return this.#answer(entry, step.asked);
      case 'set':
        step.set = entry.value;
        return [];
      case 'exit':
        return this.#turn(entry.exit);
    }
  }

  #answer({ op, answer }: JournalEntry & { type: 'answer' }, asked: string | null): readonly ChatEvent[] {
    const id = jsonField(answer, 'id');
    if (op === 'call.startRecording' && asked !== null && typeof id === 'string') {
      this.#messages.set(id, { name: asked, told: false });
    }
    const digits = op === 'call.collect' ? jsonField(answer, 'digits') : undefined;
    if (typeof digits !== 'string') return [];
    this.#digits = digits;
    if (this.#step !== null) this.#step.answered = true;
    return [];
  }

  /** A widget that asked the caller is done: what it took is the turn. */
  #turn(exit: string): readonly ChatEvent[] {
    const step = this.#step;
    this.#step = null;
    const none = step === null ? undefined : NO_ANSWER[step.type];
    if (step === null || none === undefined || none.has(exit) || !step.answered) return [];
    const text = step.type === 'menu' ? exit : asText(step.set ?? '');
    return text === '' ? [] : [{ ...this.#event('MESSAGE', `turn/${this.#seq}`), text }];
  }

  #message(id: string, dueAt: number): readonly ChatEvent[] {
    const message = this.#messages.get(id);
    if (message === undefined || message.told) return [];
    message.told = true;
    const multimedia = { url: this.surroundings.recordingUrl(id), caption: message.name };
    return [{ ...this.#event('MESSAGE', `message/${id}`), multimedia, dueAt }];
  }

  /** A message that is not final yet is told all the same, before the end: its address is known. */
  #ended(termination: Termination): readonly ChatEvent[] {
    if (this.#termination !== null) return [];
    this.#termination = termination;
    const late = this.#at + this.surroundings.recordingWaitMs;
    const messages = [...this.#messages.keys()].flatMap((id) => this.#message(id, late));
    return [...messages, this.#event('END', 'end')];
  }

  #event(event: ChatEvent['event'], key: string): ChatEvent {
    const number = this.#leg?.callee ?? asText(this.#variables.facts['cli']);
    const callId = this.#call?.callId ?? '';
    const contact = number.replace(/\D/g, '');
    return { key, event, callId, contact, text: '', multimedia: null, at: this.#at, dueAt: this.#at };
  }
}
