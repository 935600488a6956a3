import type { Json } from './json.js';

/*
 * JSON built from rows of key and value (docs/behaviour.md#body-by-rows): `a.b` nests, `a[]` appends, `a[0].x` names a place, and
 * `a[].b` fills one object per group of rows. Where a row goes is decided by the keys alone, so that a row that is left out
 * moves no other.
 */

/** One step into the object: a name, a position, or `append`. */
type KeyStep = { readonly name: string } | { readonly index: number } | 'append';

/** A key that cannot be used, by the row it is in. */
export interface FieldKeyProblem {
  readonly row: number;
  /** A sentence. */
  readonly message: string;
}

/** Deepest nesting and highest position of a key. */
const MAX_DEPTH = 16;
const MAX_INDEX = 99;

const NAME = /^[^.[\]]+$/u;
const BRACKETS = /\[\s*(\d*)\s*\]/gu;

/** Takes a key apart: names between dots, each with any number of `[]` or `[n]` behind it; null when it is not written so. */
function readKey(key: string): readonly KeyStep[] | null {
  const steps: KeyStep[] = [];
  for (const part of key.trim().split('.')) {
    const bracket = part.indexOf('[');
    const name = (bracket < 0 ? part : part.slice(0, bracket)).trim();
    const brackets = bracket < 0 ? '' : part.slice(bracket);
    if (!NAME.test(name) || brackets.replace(BRACKETS, '').trim() !== '') return null;
    steps.push({ name });
    for (const [, digits] of brackets.matchAll(BRACKETS)) {
      steps.push(digits === undefined || digits === '' ? 'append' : { index: Number(digits) });
    }
  }
  return steps;
}

/** A place that rows name: new, the value of a row, or something with members of one kind. */
class Place {
  readonly #members = new Map<string | number, Place>();
  #kind: 'new' | 'value' | 'object' | 'appended' | 'numbered' = 'new';
  #row = -1;

  /** The member a step leads to, made when it is not there; null when this place is already something else. */
  enter(step: KeyStep, rest: readonly KeyStep[]): Place | null {
    const kind = step === 'append' ? 'appended' : 'name' in step ? 'object' : 'numbered';
    if (this.#kind !== 'new' && this.#kind !== kind) return null;
    this.#kind = kind;
    const key = step === 'append' ? this.#memberFor(rest) : memberKey(step);
    const member = this.#members.get(key) ?? new Place();
    this.#members.set(key, member);
    return member;
  }

  /** Makes this the place of a row's value; false when it is something already. */
  fill(row: number): boolean {
    if (this.#kind !== 'new') return false;
    this.#kind = 'value';
    this.#row = row;
    return true;
  }

  /** What stands here; undefined when no row in it has a value. */
  read(values: readonly (Json | undefined)[]): Json | undefined {
    if (this.#kind === 'value') return values[this.#row];
    const members = [...this.#members].flatMap(([key, member]) => {
      const value = member.read(values);
      return value === undefined ? [] : [[key, value] as const];
    });
    if (members.length === 0) return undefined;
    if (this.#kind === 'object') return Object.fromEntries(members);
    if (this.#kind === 'appended') return members.map(([, value]) => value);
    const byNumber = new Map(members);
    return Array.from(
      { length: Math.max(...members.map(([key]) => Number(key))) + 1 },
      (_, index) => byNumber.get(index) ?? null,
    );
  }

  /** A value of its own is a new member; a row of `[].b` goes to the last one until that has its `b`. */
  #memberFor(rest: readonly KeyStep[]): number {
    const last = this.#members.size - 1;
    return rest.length > 0 && this.#members.get(last)?.isFree(rest) === true ? last : last + 1;
  }

  /** True when nothing stands yet where these steps lead. */
  isFree([step, ...rest]: readonly KeyStep[]): boolean {
    if (step === undefined) return this.#kind === 'new';
    return step === 'append' || (this.#members.get(memberKey(step))?.isFree(rest) ?? true);
  }
}

function memberKey(step: Exclude<KeyStep, 'append'>): string | number {
  return 'name' in step ? step.name : step.index;
}

/** Gives each key its place; says of those that get none why. */
function plan(keys: readonly string[]): { readonly root: Place; readonly problems: readonly FieldKeyProblem[] } {
  const root = new Place();
  const problems = keys.flatMap((key, row) => {
    const message = settle(root, key, row);
    return message === null ? [] : [{ row, message }];
  });
  return { root, problems };
}

function settle(root: Place, key: string, row: number): string | null {
  const steps = readKey(key);
  if (steps === null) return `“${key}” is not the name of a field: write name, a.b, a[], a[].b or a[0].b.`;
  if (steps.length > MAX_DEPTH) return `“${key}” is nested deeper than ${MAX_DEPTH} levels.`;
  if (steps.some((step) => typeof step === 'object' && 'index' in step && step.index > MAX_INDEX)) {
    return `“${key}” names a position above ${MAX_INDEX}.`;
  }
  let place: Place | null = root;
  for (const [at, step] of steps.entries()) place = place?.enter(step, steps.slice(at + 1)) ?? null;
  return place?.fill(row) === true ? null : `“${key}” clashes with a row above it, which makes something else in the same place.`;
}

/** What is wrong with the keys of field rows: not readable, or two that cannot both be, such as `a` and `a.b`. */
export function fieldKeyProblems(keys: readonly string[]): readonly FieldKeyProblem[] {
  return plan(keys).problems;
}

/**
 * The object that rows make, members in the order of their first row. A row without a value (`undefined`) is left out, and with it an
 * object or list in which nothing else stands; a position between others is null. So are left out rows that {@link fieldKeyProblems}
 * refuses.
 */
export function objectOfRows(rows: readonly { readonly key: string; readonly value: Json | undefined }[]): Json {
  const { root } = plan(rows.map(({ key }) => key));
  return root.read(rows.map(({ value }) => value)) ?? {};
}
