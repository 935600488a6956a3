/** Keys of a widget that belong to the frame and hold no variables. */
const FRAME: ReadonlySet<string> = new Set(['type', 'label', 'notes', 'exits', 'onError']);

/** A text somewhere in a widget's configuration. */
export interface FieldText {
  readonly keys: readonly PropertyKey[];
  readonly text: string;
}

/** All texts in the fields of a widget. Nesting is bounded by the schemas, which have accepted the value. */
export function textsIn(frame: object): readonly FieldText[] {
  return Object.entries(frame).flatMap(([key, value]: [string, unknown]) => (FRAME.has(key) ? [] : textsBelow(value, [key])));
}

function textsBelow(value: unknown, keys: readonly PropertyKey[]): readonly FieldText[] {
  if (typeof value === 'string') return [{ keys, text: value }];
  if (Array.isArray(value)) return value.flatMap((child, index) => textsBelow(child, [...keys, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]: [string, unknown]) => textsBelow(child, [...keys, key]));
}

/** The widget's own fields, without the frame's. */
export function ownFields(frame: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(frame).filter(([key]) => !FRAME.has(key)));
}

/** Says of a place in a configuration whether one of the patterns (`headers.*.value`) names it. */
export function fieldMatcher(patterns: readonly string[] | undefined): (keys: readonly PropertyKey[]) => boolean {
  const split = (patterns ?? []).map((pattern) => pattern.split('.'));
  return (keys) =>
    split.some(
      (parts) => parts.length === keys.length && parts.every((part, index) => part === '*' || part === String(keys[index])),
    );
}
