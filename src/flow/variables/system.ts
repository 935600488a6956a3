import type { Json } from '../../lib/json/json.js';
import type { SystemValue } from './names.js';
import { zoned } from './zoned.js';

/** What `$sys.*` needs to know of the flow. */
export interface FlowIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly language: string;
  readonly timeZone: string;
}

/** What `$sys.*` reads from outside; each read is a recorded input. */
export interface SystemInputs {
  now(): number;
  uuid(): string;
}

/** The value of `$sys.<name>` now. `timestamp` is in Unix seconds, dates and times are in the flow's zone. */
export function systemValue(name: SystemValue, flow: FlowIdentity, inputs: SystemInputs): Json {
  switch (name) {
    case 'datetime':
    case 'date':
    case 'time':
    case 'weekday':
      return zoned(inputs.now(), flow.timeZone)[name];
    case 'timestamp':
      return Math.floor(inputs.now() / 1000);
    case 'uuid':
      return inputs.uuid();
    case 'timezone':
      return flow.timeZone;
    case 'language':
      return flow.language;
    case 'flowid':
      return flow.id;
    case 'flowname':
      return flow.name;
    case 'flowversion':
      return flow.version;
  }
}
