import { expectTypeOf, it } from 'vitest';
import type * as flow from '../../src/flow/ports.js';
import type * as widget from '../../src/flow/widget.js';
import type { Functions } from '../../src/functions/contract/port.js';
import type { FunctionRules } from '../../src/functions/contract/rules.js';
import type * as functions from '../../src/functions/contract/types.js';

it('the function port fits what the flow declares, by shape', () => {
  expectTypeOf<functions.FunctionCall>().toEqualTypeOf<flow.FunctionCall>();
  expectTypeOf<functions.FunctionAnswer>().toEqualTypeOf<flow.FunctionAnswer>();
  expectTypeOf<Functions>().toExtend<flow.FunctionPort>();
  expectTypeOf<FunctionRules>().toExtend<widget.FunctionRules>();
});
