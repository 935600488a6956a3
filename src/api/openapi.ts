import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from 'zod-openapi';
import { LIVE_EVENTS_DOC } from './live-events.js';
import type { ApiAnswer, ApiOperation } from './http/operation.js';
import { errorSchema } from './http/schemas.js';

/** Errors that any operation can give. */
const KEYED: Readonly<Record<number, ApiAnswer>> = {
  400: { description: 'A parameter is not valid.' },
  401: { description: 'The request has no valid API key.' },
  403: { description: 'The API has no key and answers only programs on its own machine.' },
  429: { description: 'This address sent too many wrong keys.' },
};
const COMMON: Readonly<Record<ApiOperation['access'], Readonly<Record<number, ApiAnswer>>>> = {
  open: { 400: { description: 'A parameter is not valid.' } },
  key: KEYED,
  token: KEYED,
};

function responseOf(
  status: number,
  { description, schema, contentType = 'application/json' }: ApiAnswer,
): ZodOpenApiResponseObject {
  const body = status >= 400 && schema === undefined ? errorSchema : schema;
  return body === undefined ? { description } : { description, content: { [contentType]: { schema: body } } };
}

function operationObject({ id, tag, summary, access, params, query, body, answers }: ApiOperation): ZodOpenApiOperationObject {
  const all = { ...COMMON[access], ...answers };
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: access === 'open' ? [] : [{ bearer: [] }, { header: [] }],
    requestParams: { path: params, query },
    ...(body && {
      requestBody: {
        required: body.raw !== true,
        description: body.description,
        content: { [body.raw === true ? '*/*' : 'application/json']: { schema: body.schema } },
      },
    }),
    responses: Object.fromEntries(Object.entries(all).map(([status, answer]) => [status, responseOf(Number(status), answer)])),
  };
}

/** The OpenAPI 3.1 document of the operations. */
export function openApiDocument(
  operations: readonly ApiOperation[],
  { url, version }: { readonly url: string; readonly version: string },
) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const declared of operations) {
    paths[declared.path] = { ...paths[declared.path], [declared.method]: operationObject(declared) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Offhook API',
      version,
      description: `Calls, reports, flows and recordings.\n\n${LIVE_EVENTS_DOC}`,
    },
    servers: [{ url }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  });
}
