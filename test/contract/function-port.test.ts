import { expectTypeOf, it } from 'vitest';
import type * as flow from '../../src/flow/ports.js';
import type { Functions } from '../../src/functions/contract/function-port.js';

it('the function port fits what the flow declares, by shape', () => {
  expectTypeOf<Functions>().toExtend<flow.FunctionPort>();
});
