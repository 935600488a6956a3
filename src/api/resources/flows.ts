import { z } from 'zod';
import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { failure, json } from '../http/reply.js';
import { brokenFlowSchema, byId, flowSchema, flowStorySchema, noParams, problemSchema } from '../http/schemas.js';
import type { Problem } from '../../lib/problem.js';

/** A flow in use, as far as the API shows it. */
export interface ShownFlow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The flow file. */
  readonly document: object;
}

/** A flow file that is not fit to run. */
export interface ShownBrokenFlow {
  /** Of its flow; the name of the file when its id cannot be made out. */
  readonly id: string;
  /** Below the configuration folder. */
  readonly file: string;
  /** The first of its errors. */
  readonly problem: Problem;
}

export interface ApiFlows {
  /** Those that new calls get now. */
  all(): readonly ShownFlow[];
  /** Flow files that are not fit to run now. */
  broken(): readonly ShownBrokenFlow[];
  /** Why there is no flow of this id, as a sentence. */
  missing(id: string): Pick<Problem, 'code' | 'message'>;
  find(id: string): ShownFlow | null;
  /** Checks the text of a flow file; an empty list: nothing to say. */
  check(text: string): readonly Problem[];
}

/** What is asked of flows. */
export interface FlowResourcePorts {
  readonly flows: ApiFlows;
}

const shown = ({ id, name, version }: ShownFlow): object => ({ id, name, version });

const listFlows = ({ ports }: ApiContext<FlowResourcePorts>): ApiOperation =>
  operation({
    id: 'listFlows',
    method: 'get',
    path: '/v1/flows',
    tag: 'Flows',
    summary: 'Lists the flows that new calls use now, and the flow files that have errors.',
    access: 'key',
    params: noParams,
    query: noParams,
    answers: {
      200: { description: 'All flows.', schema: z.object({ items: z.array(flowSchema), broken: z.array(brokenFlowSchema) }) },
    },
    handle: () => json({ items: ports.flows.all().map(shown), broken: ports.flows.broken() }),
  });

const oneFlow = ({ ports }: ApiContext<FlowResourcePorts>): ApiOperation =>
  operation({
    id: 'getFlow',
    method: 'get',
    path: '/v1/flows/{id}',
    tag: 'Flows',
    summary: 'Shows one flow with its document.',
    access: 'key',
    params: byId,
    query: noParams,
    answers: {
      200: { description: 'The flow.', schema: flowStorySchema },
      404: { description: 'No such flow, or its file has errors.' },
    },
    handle({ params: { id } }) {
      const flow = ports.flows.find(id);
      if (flow === null) {
        const { code, message } = ports.flows.missing(id);
        return failure(404, code, message);
      }
      return json({ ...shown(flow), document: flow.document });
    },
  });

const checkFlow = ({ ports }: ApiContext<FlowResourcePorts>): ApiOperation =>
  operation({
    id: 'checkFlow',
    method: 'post',
    path: '/v1/flows/check',
    tag: 'Flows',
    summary: 'Checks a flow without using it for calls.',
    access: 'key',
    params: noParams,
    query: noParams,
    body: { description: 'A flow file.', schema: z.looseObject({}) },
    answers: {
      200: {
        description: 'All problems found. `ok` is true when none of them is an error.',
        schema: z.object({ ok: z.boolean(), problems: z.array(problemSchema) }),
      },
    },
    handle({ body }) {
      if (body === '') return failure(400, 'API_BAD_REQUEST', 'The body is empty: send a flow as application/json.');
      const problems = ports.flows.check(body);
      return json({ ok: problems.every(({ severity }) => severity !== 'error'), problems });
    },
  });

/** What can be asked of flows. */
export function flowOperations(context: ApiContext<FlowResourcePorts>): readonly ApiOperation[] {
  return [listFlows(context), checkFlow(context), oneFlow(context)];
}
