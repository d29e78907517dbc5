/** Calls to the server: JSON in and out, events, and one kind of error. */

import { recall, remember } from './storage.js';

/** What went wrong, as a sentence for a person (`message`). */
export class ApiError extends Error {
  constructor(message, { status = 0, retryAfter = null, requestId = '' } = {}) {
    super(message);
    Object.assign(this, { status, retryAfter, requestId });
  }
}

const UNREACHABLE = 'Quaestio does not answer. Check that it is still running, then try again.';

function errorFrom(status, body) {
  const message = body?.message ?? (typeof body?.detail === 'string' ? body.detail : null);
  return new ApiError(message ?? `The server answered with status ${status}. Try again in a moment.`, {
    status,
    retryAfter: body?.retry_after ?? null,
    requestId: body?.request_id ?? '',
  });
}

/** A new conversation: what was asked before no longer counts. */
export const newSession = () => remember('session', crypto.getRandomValues(new Uint32Array(4)).join('-'), sessionStorage);

function identity() {
  if (!recall('session', sessionStorage)) newSession();
  const key = recall('key', sessionStorage);
  return { 'X-Session-Id': recall('session', sessionStorage) ?? 'page', ...(key && { 'X-API-Key': key }) };
}

/** Runs `attempt`, and again with a key that a person gives where the server wants one. */
async function allowed(attempt) {
  for (;;) {
    const key = recall('key', sessionStorage);
    try {
      return await attempt();
    } catch (cause) {
      if (cause.status !== 401) throw cause;
      if (key === recall('key', sessionStorage) && !(await (await import('./key.js')).askKey(cause.message))) throw cause;
    }
  }
}

/** The answer where its status is good; `json` is sent as a body. */
export const request = (path, { method = 'GET', json, signal, headers } = {}) =>
  allowed(async () => {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const type = body && { 'Content-Type': 'application/json' };
    const response = await fetch(path, { method, signal, body, headers: { ...identity(), ...type, ...headers } }).catch(
      (cause) => {
        throw signal?.aborted ? cause : new ApiError(UNREACHABLE);
      },
    );
    if (!response.ok) throw errorFrom(response.status, await response.json().catch(() => null));
    return response;
  });

export const call = async (path, options) => (await request(path, options)).json();
export const post = (path, json, signal) => call(path, { method: 'POST', json, signal });

/** Tells every Server-Sent Event of an answer: its name, its data and its id. Throws where the line breaks. */
export async function listen(path, options, onEvent) {
  const response = await request(path, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ''; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const of = (name) => [...block.matchAll(new RegExp(`^${name}: ?(.*)$`, 'gm'))].map((line) => line[1]).join('\n');
      if (of('data')) onEvent(of('event') || 'message', JSON.parse(of('data')), of('id'));
    }
  }
}

export const listDocuments = ({ offset = 0, limit = 50, search = '' } = {}) =>
  call(`/api/documents?${new URLSearchParams({ offset, limit, search })}`);

export const documentPath = (id) => `/api/documents/${encodeURIComponent(id)}`;

/** The events of a document until `onEnd`: it is gone, or none come any more. Answers what stops them. */
export function follow(id, onNews, onEnd) {
  const stop = new AbortController();
  const hear = (name, doc) => (name === 'gone' ? onEnd() : onNews(doc));
  listen(`${documentPath(id)}/events`, { signal: stop.signal }, hear).then(
    () => stop.signal.aborted || onEnd(),
    () => stop.signal.aborted || onEnd(),
  );
  return { close: () => stop.abort() };
}

/** Sends one file. XMLHttpRequest, because fetch does not report how much has been sent (0..1). */
export const uploadFile = (file, onProgress, signal) =>
  allowed(
    () =>
      new Promise((resolve, reject) => {
        const sending = new XMLHttpRequest();
        const on = sending.addEventListener.bind(sending);
        sending.open('POST', '/api/documents');
        Object.entries(identity()).forEach(([name, value]) => sending.setRequestHeader(name, value));
        sending.responseType = 'json';
        sending.upload.addEventListener('progress', (event) => {
          if (event.lengthComputable) onProgress(event.loaded / event.total);
        });
        on('load', () => {
          const { status, response } = sending;
          const accepted = response?.documents?.[0];
          if (status >= 400 || !accepted) reject(errorFrom(status, response));
          else if (accepted.error) reject(new ApiError(accepted.error.message));
          else resolve(accepted);
        });
        on('error', () => reject(new ApiError(`The file could not be sent. ${UNREACHABLE}`)));
        on('abort', () => reject(new ApiError('Stopped.')));
        signal.addEventListener('abort', () => sending.abort());
        const form = new FormData();
        form.append('files', file, file.name);
        sending.send(form);
      }),
  );
