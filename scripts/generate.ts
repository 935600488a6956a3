/*
 * Writes everything that is made from the source: JSON Schemas for editors and the reference pages. `npm run docs` runs it;
 * a test fails when one of the files is out of date.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig, type BuiltInParserName } from 'prettier';
import { functionCatalogue } from '../src/functions/catalogue.js';
import { widgetCatalogue } from '../src/widgets/index.js';
import { configurationPage, configurationSchema, credentialsSchema, webhooksSchema } from './generate/configuration-page.js';
import { errorPage } from './generate/error-page.js';
import { flowSchema } from './generate/flow-schema.js';
import { functionsPage } from './generate/functions-page.js';
import { noticePage } from './generate/notice.js';
import { openApiText } from './generate/openapi.js';
import { widgetPage } from './generate/widget-page.js';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/** A file that is made from the source. */
interface Artefact {
  /** Path from the project's folder. */
  readonly file: string;
  readonly parser: BuiltInParserName;
  /** Its content, not formatted yet. */
  readonly make: () => string | Promise<string>;
}

/** All of them. A new one is a line here and a file in `scripts/generate/`. */
const ARTEFACTS: readonly Artefact[] = [
  { file: 'schemas/flow.schema.json', parser: 'json', make: () => JSON.stringify(flowSchema(widgetCatalogue)) },
  { file: 'schemas/offhook.schema.json', parser: 'json', make: () => JSON.stringify(configurationSchema()) },
  { file: 'schemas/webhooks.schema.json', parser: 'json', make: () => JSON.stringify(webhooksSchema()) },
  { file: 'schemas/credentials.schema.json', parser: 'json', make: () => JSON.stringify(credentialsSchema()) },
  { file: 'docs/reference/widgets.md', parser: 'markdown', make: () => widgetPage(widgetCatalogue) },
  { file: 'docs/functions.md', parser: 'markdown', make: () => functionsPage(functionCatalogue) },
  { file: 'docs/reference/configuration.md', parser: 'markdown', make: configurationPage },
  { file: 'docs/errors.md', parser: 'markdown', make: errorPage },
  { file: 'docs/openapi.json', parser: 'json', make: openApiText },
  { file: 'NOTICE.md', parser: 'markdown', make: () => noticePage(projectFolder) },
];

/** Every generated file and what it must contain, formatted like the rest of the project. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const style = await resolveConfig(join(projectFolder, 'package.json'));
  const made = new Map<string, string>();
  // One after the other: formatting holds the event loop for seconds, and the API that describes itself would give up its reader.
  for (const { file, parser, make } of ARTEFACTS) made.set(file, await format(await make(), { ...style, parser }));
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, content] of await generatedFiles()) {
    const path = join(projectFolder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    console.log(file);
  }
}
