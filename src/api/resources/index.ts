import type { ApiOperation } from '../http/operation.js';
import type { SharedPorts } from '../ports.js';
import { callOperations } from './calls.js';
import type { ApiContext } from './context.js';
import { deliveryOperations } from './deliveries.js';
import { flowOperations } from './flows.js';
import { functionOperations } from './functions.js';
import { healthOperations } from './health.js';
import { integrationOperations } from './integrations.js';
import { linkOperations } from './links.js';
import { recordingOperations } from './recordings.js';
import { resumeOperations } from './resume.js';
import { webhookOperations } from './webhooks.js';

/** The resources of the API, in the order of its description. A new one is a file that declares its ports, and a line here. */
const RESOURCES = [
  healthOperations,
  callOperations,
  deliveryOperations,
  flowOperations,
  recordingOperations,
  webhookOperations,
  resumeOperations,
  functionOperations,
  linkOperations,
  integrationOperations,
] as const;

/** Of each resource, as something that takes its ports: what fits all of them has the ports of all. */
type Taker<R> = R extends (context: ApiContext<infer P>) => readonly ApiOperation[] ? (ports: P) => void : never;

type PortsOfAll = Taker<(typeof RESOURCES)[number]> extends (ports: infer P) => void ? P : never;

/** What the API needs from the other rooms. `store`, `call`, `flow` and `webhooks` fit these by shape; `app/api-ports.ts` joins them. */
export type ApiPorts = SharedPorts & PortsOfAll;

/** Everything that can be asked of the resources. */
export function resourceOperations(context: ApiContext<ApiPorts>): readonly ApiOperation[] {
  return RESOURCES.flatMap((operations) => operations(context));
}
