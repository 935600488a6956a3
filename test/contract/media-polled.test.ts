import { describe } from 'vitest';
import { mediaEngineSuite } from '../support/media-engine.js';

describe('the media engine, packets polled', () => {
  mediaEngineSuite('auto');
});
