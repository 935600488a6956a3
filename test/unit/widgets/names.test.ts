import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { widgetCatalogue } from '../../../src/widgets/index.js';

/*
 * Widgets are known by name in `src/widgets` only: what others want to know of a type is a field of `defineWidget`. So a new widget is
 * its own file and a line of the index.
 */

const src = fileURLToPath(new URL('../../../src/', import.meta.url));

/** What a call can be asked for. */
const VERBS = ['play', 'collect', 'startRecording', 'stopRecording', 'hangup'];

/** Words that are types of widgets and mean something else here: [beginning of the path, words, what they are]. */
const OTHER_MEANINGS: readonly (readonly [path: string, words: readonly string[], what: string])[] = [
  ['', ['answer', 'set'], 'kinds of journal entries, messages and commands'],
  ['media/', [...VERBS, 'function'], 'messages to a media worker; `typeof`'],
  ['call/', VERBS, 'verbs of a call, and a reason of its end'],
  ['model/', [...VERBS, 'webhook'], 'operations and reasons'],
  ['flow/', [...VERBS, 'webhook'], 'operations of a widget'],
  ['runs/', VERBS, 'operations of a call'],
  ['store/', ['webhook'], 'a column'],
  ['webhooks/ports.ts', ['webhook'], 'a field of a delivery'],
  ['api/resources/webhooks.ts', ['webhook'], 'a field of a test request'],
  ['site/flows/report-switch.ts', ['webhook'], 'the field of a flow that switches its report'],
  ['cli.ts', ['webhook'], 'a command'],
  ['cli/', ['webhook'], 'a word of the output'],
  // The one place that makes a widget of something else; its documentation is that of the widget.
  ['webhooks/curl/import.ts', ['webhook'], 'the widget a curl command becomes'],
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('widgets/'),
);

it('no file outside src/widgets names a type of widget', () => {
  const types = [...widgetCatalogue.keys()].join('|');
  const named = files.flatMap((file) =>
    [...readFileSync(`${src}${file}`, 'utf8').matchAll(new RegExp(`'(${types})'`, 'g'))]
      .map(([, word = '']) => word)
      .filter((word) => !OTHER_MEANINGS.some(([path, words]) => file.startsWith(path) && words.includes(word)))
      .map((word) => `${file} names ${word}`),
  );
  expect(named).toEqual([]);
});

it('no file outside src/widgets compares the type of a widget with a word, or imports anything of widgets but their index', () => {
  const comparison = /(?:widgetType|definition\.type|widget\??\.?\[?'?type'?\]?)\s*[!=]==?\s*'/g;
  const foreign = /from '(?:\.\.\/)+widgets\/(?!index\.js)[^']+'/g;
  const found = files.flatMap((file) =>
    [comparison, foreign].flatMap((pattern) =>
      [...readFileSync(`${src}${file}`, 'utf8').matchAll(pattern)].map(([text]) => `${file}: ${text}`),
    ),
  );
  // The configuration schema is of definitions of another kind.
  expect(found.filter((text) => !text.startsWith('site/config/environment.ts'))).toEqual([]);
});
