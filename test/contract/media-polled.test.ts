import { describe } from 'vitest';
import { mediaAnnouncementsSuite } from '../support/media-announcements.js';
import { mediaEngineSuite } from '../support/media-engine.js';

describe('the media engine, packets polled', () => {
  mediaEngineSuite('auto');
});

describe('announcements and awaited keys, packets polled', () => {
  mediaAnnouncementsSuite('auto');
});
