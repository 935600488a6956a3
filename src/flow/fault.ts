import type { Code } from '../lib/codes.js';

/** A run that cannot go on here, with the documented code it is journalled under. The engine turns it into the widget's error exit. */
export class FlowFault extends Error {
  override readonly name = 'FlowFault';

  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
  }
}
