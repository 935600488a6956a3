import { describe } from 'vitest';
import { mediaAnnouncementsSuite } from '../support/media-announcements.js';
import { mediaEngineSuite } from '../support/media-engine.js';

describe('the media engine, packets as events', () => {
  mediaEngineSuite('events');
});

describe('announcements and awaited keys, packets as events', () => {
  mediaAnnouncementsSuite('events');
});
