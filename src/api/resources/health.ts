import { z } from 'zod';
import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import { json } from '../http/reply.js';
import { noParams } from '../http/schemas.js';
import type { SharedPorts } from '../ports.js';

/** What is asked of the process. */
export type HealthPorts = Pick<SharedPorts, 'status'>;

const health = (): ApiOperation =>
  operation({
    id: 'health',
    method: 'get',
    path: '/health',
    tag: 'Health',
    summary: 'Says whether the process runs.',
    access: 'open',
    vital: true,
    params: noParams,
    query: noParams,
    answers: { 200: { description: 'The process runs.', schema: z.object({ status: z.literal('ok') }) } },
    handle: () => json({ status: 'ok' }),
  });

const readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()),
  warnings: z
    .array(z.string())
    .optional()
    .describe(
      'What does not work as it should: calls that were refused because of load in the last minute, flows in a language that no voice here speaks. Absent when everything works.',
    ),
});

const ready = ({ ports }: ApiContext<HealthPorts>): ApiOperation =>
  operation({
    id: 'ready',
    method: 'get',
    path: '/ready',
    tag: 'Health',
    summary: 'Says whether this Offhook takes new calls.',
    access: 'open',
    vital: true,
    params: noParams,
    query: noParams,
    answers: {
      200: { description: 'Yes.', schema: readiness },
      503: { description: 'It takes no new calls, and why.', schema: readiness },
    },
    handle() {
      const reasons = ports.status.notReady();
      const refused = ports.status.loadRefusals?.() ?? [];
      const mute = ports.status.muteFlows?.() ?? [];
      const warnings = [
        ...refused.map(({ reason, text, count }) => `${count} calls refused in the last minute, ${reason}: ${text}`),
        ...mute.map(({ flow, languages }) => `texts of flow ${flow} cannot be heard: no voice speaks ${languages.join(', ')}`),
      ];
      const body = { ready: reasons.length === 0, reasons, ...(warnings.length > 0 && { warnings }) };
      return json(body, reasons.length === 0 ? 200 : 503);
    },
  });

/** Whether the process lives, and whether it takes calls. */
export function healthOperations(context: ApiContext<HealthPorts>): readonly ApiOperation[] {
  return [health(), ready(context)];
}
