import { Registry } from 'prom-client';
import { allOperations } from '../../src/api/api.js';
import { openApiDocument } from '../../src/api/openapi.js';
import type { ApiContext } from '../../src/api/resources/context.js';
import type { ApiPorts } from '../../src/api/resources/index.js';
import { portableJsonText } from '../../src/lib/json/json-text.js';
import { VERSION } from '../../src/app/version.js';

/** The OpenAPI document, as the API itself serves it. There is nothing behind the API: to be described, it asks nobody. */
export function openApiText(): string {
  const about = { url: '/', version: VERSION };
  return portableJsonText(openApiDocument(allOperations({} as ApiContext<ApiPorts>, { registry: new Registry() }, about), about));
}
