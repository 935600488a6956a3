import { callVariablesAt } from '../model/call-variables.js';
import { asText } from '../flow/variables/escape.js';
import type { JournalReader, JournalState } from '../flow/journal/state.js';
import { answerIn, CALL, requestIn } from '../model/operations.js';
import type { JournalEntry } from '../model/journal.js';
import { PARAM_ALIASES, SYSTEM_VALUES, type VariableName } from '../flow/variables/names.js';
import { parseName } from '../flow/variables/scanner.js';
import { systemValue } from '../flow/variables/system.js';
import { zonedDatetime } from '../flow/variables/zoned.js';
import type { WidgetCatalogue } from '../flow/widget.js';
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
  /** Knows what a caller's answer is, by type of widget. */
  readonly widgets: Pick<WidgetCatalogue, 'get'>;
  /** Longest that the end of a chat waits for a message that is not final, ms. */
  readonly recordingWaitMs: number;
}

/** A message the caller is leaving, or has left. */
interface Message {
  readonly name: string;
  told: boolean;
}

/**
 * The events of one chat (docs/behaviour.md#integration-events) out of the entries of its call's journal, given one after the
 * other.
 */
export class ChatReader implements JournalReader<ChatEvent> {
  readonly #messages = new Map<string, Message>();
  #started = false;
  #over = false;
  #seq = 0;
  /** The widget the caller is in: what it is, what it asked for, and what the caller answered. */
  #step: { readonly type: string; asked: string | null; answered: boolean; set: Json | null } | null = null;

  constructor(
    private readonly surroundings: ChatSurroundings,
    private readonly state: JournalState,
  ) {}

  /** Id of the integration the call belongs to; null: none, or nobody knows yet. */
  get integration(): string | null {
    return this.state.call?.integration ?? null;
  }

  read(entry: JournalEntry): readonly ChatEvent[] {
    this.#seq = entry.seq;
    switch (entry.type) {
      case 'leg.created':
        if (this.#started) return [];
        this.#started = true;
        return [this.#event('START', 'start')];
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
        return this.#message(entry.id, this.state.at);
      case 'recording.lost':
        this.#messages.delete(entry.id);
        return [];
      case 'end':
        return this.#ended();
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
    return namespace === 'sys' ? this.#system(name) : this.state.variables.value(variable);
  }

  /** `$call.*`: as the journal has them, and as they are now. */
  #facts(): JsonObject {
    const { call, caller, facts: known, startedAt, at, termination, digits, recordings } = this.state;
    const recording = recordings.findLast(({ leg }) => leg === undefined);
    if (call === null) return known;
    return callVariablesAt(
      {
        id: call.callId,
        direction: caller?.direction ?? 'inbound',
        known,
        startedAt: startedAt ?? at,
        answeredAt: caller?.answeredAt ?? null,
        endedAt: termination === null ? null : at,
        termination,
        digits,
        recordingUrl: recording === undefined ? null : this.surroundings.recordingUrl(recording.id),
      },
      at,
      (ms) => zonedDatetime(ms, call.timeZone),
    );
  }

  #system(name: string): Json | undefined {
    const { call, at } = this.state;
    const known = SYSTEM_VALUES.find((value) => value === name);
    if (call === null || known === undefined) return undefined;
    const { name: flowName = call.flowId, language = 'en-US' } = this.surroundings.flow(call.flowId) ?? {};
    const { flowId: id, flowVersion: version, timeZone } = call;
    return systemValue(
      known,
      { id, version, timeZone, name: flowName, language },
      { now: () => at, uuid: () => namedUuid(`${call.callId}/${this.#seq}/uuid`) },
    );
  }

  #inWidget(entry: JournalEntry & { type: 'ask' | 'answer' | 'set' | 'exit' }): readonly ChatEvent[] {
    const step = this.#step;
    if (step === null) return [];
    // A chat is with the caller: what was asked of another party is none of it.
    if ('leg' in entry) return [];
    switch (entry.type) {
      case 'ask': {
        // Both sides recorded are the call; the caller alone is a message.
        const recording = requestIn(entry, CALL.startRecording);
        if (recording !== undefined) step.asked = recording.tracks === 'caller' ? (recording.name ?? '') : null;
        return [];
      }
      case 'answer':
        return this.#answer(entry, step.asked);
      case 'set':
        step.set = entry.value;
        return [];
      case 'exit':
        return this.#turn(entry.exit);
    }
  }

  #answer(entry: JournalEntry & { type: 'answer' }, asked: string | null): readonly ChatEvent[] {
    const begun = answerIn(entry, CALL.startRecording);
    if (begun?.kind === 'started' && typeof begun.id === 'string' && asked !== null) {
      this.#messages.set(begun.id, { name: asked, told: false });
    }
    const digits = jsonField(answerIn(entry, CALL.collect), 'digits');
    if (typeof digits === 'string' && this.#step !== null) this.#step.answered = true;
    return [];
  }

  /** A widget that asked the caller is done: what it took is the turn. */
  #turn(exit: string): readonly ChatEvent[] {
    const step = this.#step;
    this.#step = null;
    if (step?.answered !== true) return [];
    const text = this.surroundings.widgets.get(step.type)?.callersAnswer?.(exit, step.set) ?? '';
    return text === '' ? [] : [{ ...this.#event('MESSAGE', `turn/${this.#seq}`), text }];
  }

  #message(id: string, dueAt: number): readonly ChatEvent[] {
    const message = this.#messages.get(id);
    if (message === undefined || message.told) return [];
    message.told = true;
    const multimedia = { url: this.surroundings.recordingUrl(id), caption: message.name };
    return [{ ...this.#event('MESSAGE', `message/${id}`), multimedia, dueAt }];
  }

  /** A message that is not final yet is sent too, before the end: its address is known. */
  #ended(): readonly ChatEvent[] {
    if (this.#over) return [];
    this.#over = true;
    const late = this.state.at + this.surroundings.recordingWaitMs;
    const messages = [...this.#messages.keys()].flatMap((id) => this.#message(id, late));
    return [...messages, this.#event('END', 'end')];
  }

  #event(event: ChatEvent['event'], key: string): ChatEvent {
    const { call, caller, facts, at } = this.state;
    const contact = (caller?.callee ?? asText(facts['cli'])).replace(/\D/g, '');
    return { key, event, callId: call?.callId ?? '', contact, text: '', multimedia: null, at, dueAt: at };
  }
}
