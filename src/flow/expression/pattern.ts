import { LRUCache } from 'lru-cache';
import { err, ok, type Result } from '../../lib/result.js';
import { parsePattern, PatternError, type PatternNode } from './pattern-syntax.js';

/*
 * Regular expressions whose running time is linear in the text: patterns come from flows, texts from callers and webhooks, and a
 * backtracking matcher can be made to hang the process with thirty characters. All states are followed at once (Thompson, Pike);
 * nothing is ever tried twice. The price: no back-references and no look-around, and the answer is only yes or no.
 */

/** Longest text that is matched. */
export const MAX_TEXT_CHARS = 16_384;
/** Instructions a pattern may become; a counted repetition is written out. */
const MAX_PROGRAM = 500;

type Instruction =
  | { readonly op: 'char'; readonly accepts: (code: number) => boolean }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'assert'; readonly holds: (before: number, after: number) => boolean }
  | { readonly op: 'match' };

type Program = readonly Instruction[];

const programs = new LRUCache<string, Result<Program, string>>({ max: 500 });

/** Checks a pattern without a text. The error is a sentence for the flow's author. */
export function checkPattern(pattern: string): Result<true, string> {
  const program = programOf(pattern);
  return program.ok ? ok(true) : program;
}

/**
 * True when the pattern is found anywhere in the text; anchor it with `^` and `$` to match the whole. A leading `(?i)` ignores
 * case. Errors: a pattern that is malformed or uses what is not supported, a text that is too long.
 */
export function matchPattern(pattern: string, text: string): Result<boolean, string> {
  const program = programOf(pattern);
  if (!program.ok) return program;
  if (text.length > MAX_TEXT_CHARS) return err(`the text is longer than the ${MAX_TEXT_CHARS} characters a pattern may look at`);
  return ok(search(program.value, text));
}

function programOf(pattern: string): Result<Program, string> {
  const known = programs.get(pattern);
  if (known !== undefined) return known;
  let result: Result<Program, string>;
  try {
    result = ok(assemble(parsePattern(pattern)));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    result = err(error.message);
  }
  programs.set(pattern, result);
  return result;
}

function assemble(root: PatternNode): Program {
  const program: Instruction[] = [];
  const emit = (instruction: Instruction): number => {
    if (program.length >= MAX_PROGRAM) throw new PatternError('the pattern is too large; make its repetitions smaller');
    return program.push(instruction) - 1;
  };

  const repeat = (node: PatternNode & { kind: 'repeat' }): void => {
    for (let count = 0; count < node.min; count++) write(node.child);
    if (node.max === Infinity) {
      const split: Instruction = { op: 'split', first: program.length + 1, second: 0 };
      const start = emit(split);
      write(node.child);
      emit({ op: 'jump', to: start });
      split.second = program.length;
      return;
    }
    const open: { second: number }[] = [];
    for (let count = node.min; count < node.max; count++) {
      const split: Instruction = { op: 'split', first: program.length + 1, second: 0 };
      emit(split);
      open.push(split);
      write(node.child);
    }
    for (const split of open) split.second = program.length;
  };

  const either = (node: PatternNode & { kind: 'either' }): void => {
    const ends: { to: number }[] = [];
    node.options.forEach((option, index) => {
      if (index === node.options.length - 1) {
        write(option);
        return;
      }
      const split: Instruction = { op: 'split', first: program.length + 1, second: 0 };
      emit(split);
      write(option);
      const jump: Instruction = { op: 'jump', to: 0 };
      emit(jump);
      ends.push(jump);
      split.second = program.length;
    });
    for (const end of ends) end.to = program.length;
  };

  const write = (node: PatternNode): void => {
    switch (node.kind) {
      case 'char':
        emit({ op: 'char', accepts: node.accepts });
        return;
      case 'assert':
        emit({ op: 'assert', holds: node.holds });
        return;
      case 'sequence':
        node.children.forEach(write);
        return;
      case 'repeat':
        repeat(node);
        return;
      case 'either':
        either(node);
        return;
    }
  };

  write(root);
  emit({ op: 'match' });
  return program;
}

/** Follows every state at once. `-1` stands for the edge of the text. */
function search(program: Program, text: string): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const seen = new Int32Array(program.length).fill(-1);
  let states: number[] = [];
  for (let at = 0; at <= codes.length; at++) {
    const before = at === 0 ? -1 : (codes[at - 1] ?? -1);
    const after = codes[at] ?? -1;
    // A match may begin at every character.
    const closed = close(program, [...states, 0], { seen, at, before, after });
    if (closed === null) return true;
    states = [];
    for (const state of closed) {
      const instruction = program[state];
      if (instruction?.op === 'char' && after !== -1 && instruction.accepts(after)) states.push(state + 1);
    }
  }
  return false;
}

interface Place {
  /** Where each state was last reached, so that none is followed twice at one place. */
  readonly seen: Int32Array;
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The states reachable without taking a character, or null when the match is among them. */
function close(program: Program, from: readonly number[], place: Place): readonly number[] | null {
  const reached: number[] = [];
  const open = [...from];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (place.seen[state] === place.at) continue;
    place.seen[state] = place.at;
    const instruction = program[state];
    switch (instruction?.op) {
      case 'match':
        return null;
      case 'char':
        reached.push(state);
        break;
      case 'jump':
        open.push(instruction.to);
        break;
      case 'split':
        open.push(instruction.second, instruction.first);
        break;
      case 'assert':
        if (instruction.holds(place.before, place.after)) open.push(state + 1);
        break;
      case undefined:
        break;
    }
  }
  return reached;
}
