import { describe } from 'vitest';
import { mediaNatSuite } from '../support/media-nat.js';

describe('whose packets are taken, packets as events', () => {
  mediaNatSuite('events');
});
