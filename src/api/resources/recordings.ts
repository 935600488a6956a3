import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ApiContext } from './context.js';
import { operation, type ApiOperation } from '../http/operation.js';
import type { StoredRecording } from '../../model/recording.js';
import { isRecordingName, type RecordingLinks } from '../http/recording-links.js';
import { failure, type Reply } from '../http/reply.js';
import { idParam, noParams } from '../http/schemas.js';
import type { SharedPorts } from '../ports.js';

/** What is asked of recordings. */
export type RecordingPorts = Pick<SharedPorts, 'queries'>;

const AUDIO = { description: 'The WAV file, or the range asked for.', contentType: 'audio/wav', schema: z.string() };

/** A recording as the API shows it: with a link instead of its place on the disk. */
export function shownRecording({ id, name, file, ms, bytes, format, at }: StoredRecording, links: RecordingLinks): object {
  return { id, name, ms, bytes, format, at, url: links.make(file) };
}

/** The file of a recording, if it is a plain file in the folder (no path, no symbolic link). */
async function fileReply(root: string, name: string): Promise<Reply> {
  const gone = failure(404, 'API_NOT_FOUND', 'No recording has this address.');
  if (!isRecordingName(name)) return gone;
  const found = await lstat(join(root, name)).catch(() => null);
  return found?.isFile() === true ? { kind: 'file', root, name, contentType: 'audio/wav' } : gone;
}

const signedRecording = ({ links, recordingsDir }: ApiContext<RecordingPorts>): ApiOperation =>
  operation({
    id: 'getRecordingByLink',
    method: 'get',
    path: '/recordings/{file}',
    tag: 'Recordings',
    summary: 'Downloads a recording by the signed link in a report.',
    access: 'open',
    params: z.strictObject({ file: z.string().max(200) }),
    query: z.strictObject({ expires: z.string().max(20).optional(), signature: z.string().max(100).optional() }),
    answers: {
      200: AUDIO,
      206: AUDIO,
      403: { description: 'The link was changed, or another installation made it.' },
      404: { description: 'The recording no longer exists.' },
      410: { description: 'The link has expired.' },
    },
    handle({ params: { file }, query: { expires = '', signature = '' }, method }) {
      const verdict = isRecordingName(file) ? links.check(file, method, { expires, signature }) : 'invalid';
      if (verdict === 'invalid') return failure(403, 'API_LINK_INVALID');
      if (verdict === 'expired') return failure(410, 'API_LINK_EXPIRED');
      return fileReply(recordingsDir, file);
    },
  });

const callRecording = ({ ports, recordingsDir }: ApiContext<RecordingPorts>): ApiOperation =>
  operation({
    id: 'getRecording',
    method: 'get',
    path: '/v1/calls/{id}/recordings/{recording}',
    tag: 'Recordings',
    summary: 'Downloads a recording of a call.',
    access: 'key',
    params: z.strictObject({ id: idParam, recording: idParam }),
    query: noParams,
    answers: { 200: AUDIO, 206: AUDIO, 404: { description: 'No such recording.' } },
    async handle({ params: { id, recording } }) {
      const found = await ports.queries.recording(recording);
      if (found?.callId !== id) return failure(404, 'API_NOT_FOUND', `Call ${id} has no recording ${recording}.`);
      return fileReply(recordingsDir, found.file);
    },
  });

/** The files of recordings, by signed link or by key. */
export function recordingOperations(context: ApiContext<RecordingPorts>): readonly ApiOperation[] {
  return [signedRecording(context), callRecording(context)];
}
