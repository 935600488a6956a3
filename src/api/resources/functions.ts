import { z } from 'zod';
import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json } from '../http/reply.js';
import { noParams } from '../http/schemas.js';
import type { ServedAnswer, ShownFunction } from '../../functions/contract/http.js';
import type { Pause } from '../../model/pause.js';

/** Internal functions, for clients that call them over HTTP. */
export interface ApiFunctions {
  all(): readonly ShownFunction[];
  /** Answers the body of a request in the wire format of functions. */
  answer(body: string): Promise<ServedAnswer>;
  pauses(): Promise<readonly Pause[]>;
}

/** What is asked of internal functions. */
export interface FunctionPorts {
  readonly functions: ApiFunctions;
}

const key = z.object({ name: z.string().describe('With namespace, e.g. `$flow.key.inputDate`.'), value: z.json() });

const functionSchema = z
  .object({
    name: z.string(),
    summary: z.string(),
    inputs: z.array(z.object({ name: z.string(), required: z.boolean(), meaning: z.string() })),
    outputs: z.array(z.object({ name: z.string(), meaning: z.string() })),
    unavailable: z.string().nullable().describe('Why the function does not work yet. Null: it works.'),
  })
  .meta({ id: 'Function' });

const listFunctions = ({ ports }: ApiContext<FunctionPorts>): ApiOperation =>
  operation({
    id: 'listFunctions',
    method: 'get',
    path: '/v1/functions',
    tag: 'Functions',
    summary: 'Lists the internal functions of Offhook with their inputs and outputs.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'All functions.', schema: z.object({ items: z.array(functionSchema) }) } },
    handle: () => json({ items: ports.functions.all() }),
  });

const callFunction = ({ ports }: ApiContext<FunctionPorts>): ApiOperation =>
  operation({
    id: 'callFunction',
    method: 'post',
    path: '/v1/functions',
    tag: 'Functions',
    summary: 'Calls an internal function. The wire format is the same as for services with their own functions.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: {
      description: 'Name of the function and its inputs.',
      schema: z.object({ method: z.string(), keys: z.array(key) }).meta({ id: 'FunctionCall' }),
    },
    answers: {
      200: {
        description: 'The values that the function sets.',
        schema: z.object({ keys: z.array(key) }).meta({ id: 'FunctionAnswer' }),
      },
      404: { description: 'No such function.' },
      422: { description: 'An input is missing or wrong.' },
      501: { description: 'The function needs something that is not configured, or does not work yet.' },
      502: { description: 'The function failed.' },
      504: { description: 'The function took too long.' },
    },
    async handle({ body }) {
      const answer = await ports.functions.answer(body);
      return answer.ok ? json({ keys: answer.keys }) : failure(answer.status, answer.code, answer.message);
    },
  });

const listPauses = ({ ports }: ApiContext<FunctionPorts>): ApiOperation =>
  operation({
    id: 'listPauses',
    method: 'get',
    path: '/v1/pauses',
    tag: 'Functions',
    summary: 'Lists the numbers of agents who are paused and take no calls, the longest paused first.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: {
      200: {
        description: 'All paused numbers.',
        schema: z.object({
          items: z.array(
            z
              .object({
                cli: z.string(),
                reason: z.string().nullable(),
                since: z.number().int().describe('Milliseconds since 1970-01-01T00:00:00Z.'),
              })
              .meta({ id: 'Pause' }),
          ),
        }),
      },
    },
    handle: async () => json({ items: await ports.functions.pauses() }),
  });

/** What can be asked of internal functions. */
export function functionOperations(context: ApiContext<FunctionPorts>): readonly ApiOperation[] {
  return [listFunctions(context), callFunction(context), listPauses(context)];
}
