import { applyEdits, type FormattingOptions, modify } from 'jsonc-parser';

/**
 * One change of a JSON text: the value at a path, undefined to remove it. `insert` puts it before what is at that index; a new member
 * of an object stands behind the member named `behind`, if there is one, else at the end (whose last member may be formatted anew).
 */
export interface JsonEdit {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly insert?: boolean;
  readonly behind?: string;
}

/** Makes changes one after the other; everything else keeps its formatting and its order. The text must be JSON. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  const formattingOptions = styleOf(text);
  return edits.reduce((edited, { path, value, insert, behind }) => {
    const getInsertionIndex = (names: string[]): number =>
      names.includes(behind ?? '') ? names.indexOf(behind ?? '') + 1 : names.length;
    const options = { formattingOptions, getInsertionIndex, isArrayInsertion: insert ?? false };
    return applyEdits(edited, modify(edited, [...path], value, options));
  }, text);
}

/** Indentation and line ends as the text has them; two spaces where it shows none. */
function styleOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/mu.exec(text)?.[1] ?? '  ';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const insertSpaces = !indent.startsWith('\t');
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol };
}
