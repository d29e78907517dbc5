/** Calls to the server: JSON in and out, and one kind of error. */

/** What went wrong, as a sentence for a person (`message`). */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, retryAfter?: number | null, requestId?: string}} [facts]
   */
  constructor(message, { status = 0, retryAfter = null, requestId = '' } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }
}

const UNREACHABLE = 'Quaestio does not answer. Check that it is still running, then try again.';

/** @param {number} status @param {any} body */
function errorFrom(status, body) {
  const message = body?.message ?? (typeof body?.detail === 'string' ? body.detail : null);
  return new ApiError(message ?? `The server answered with status ${status}. Try again in a moment.`, {
    status,
    retryAfter: body?.retry_after ?? null,
    requestId: body?.request_id ?? '',
  });
}

/**
 * @param {string} path
 * @param {{method?: string, json?: unknown, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
async function call(path, { method = 'GET', json, signal } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      headers: json === undefined ? { Accept: 'application/json' } : { 'Content-Type': 'application/json' },
      body: json === undefined ? undefined : JSON.stringify(json),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(UNREACHABLE);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw errorFrom(response.status, body);
  return body;
}

/**
 * @param {{offset?: number, limit?: number, search?: string}} query
 * @returns {Promise<{items: Doc[], total: number}>}
 */
export function listDocuments({ offset = 0, limit = 50, search = '' } = {}) {
  const query = new URLSearchParams({ offset: String(offset), limit: String(limit), search });
  return call(`/api/documents?${query}`);
}

const pathOf = (/** @type {string} */ id) => `/api/documents/${encodeURIComponent(id)}`;

/** @param {string} id */
export const deleteDocument = (id) => call(pathOf(id), { method: 'DELETE' });

/** @param {string} id @param {'stop' | 'retry'} verb @returns {Promise<Doc>} */
export const actOn = (id, verb) => call(`${pathOf(id)}/${verb}`, { method: 'POST' });

/**
 * The events of a document.
 * @param {string} id
 * @param {(doc: Doc) => void} onNews the document as it is now
 * @param {() => void} onEnd it is gone, or no events come any more
 */
export function follow(id, onNews, onEnd) {
  const stream = new EventSource(`${pathOf(id)}/events`);
  for (const name of ['progress', 'done']) stream.addEventListener(name, (event) => onNews(JSON.parse(event.data)));
  for (const name of ['gone', 'error']) stream.addEventListener(name, onEnd);
  return stream;
}

/** @param {QuestionRequest} request @param {AbortSignal} [signal] @returns {Promise<QuestionSet>} */
export const makeQuestions = (request, signal) => call('/api/questions', { method: 'POST', json: request, signal });

/** @param {string} documentId @param {string} chunkId @returns {Promise<PassageText>} */
export const getPassage = (documentId, chunkId) =>
  call(`${pathOf(documentId)}/passage?${new URLSearchParams({ chunk_id: chunkId })}`);

/** @param {string} q @param {AbortSignal} signal @returns {Promise<{results: Found[]}>} */
export const searchPassages = (q, signal) => call(`/api/search?${new URLSearchParams({ q, k: '10' })}`, { signal });

/**
 * Sends one file. XMLHttpRequest, because fetch does not report how much has been sent.
 * @param {File} file
 * @param {(share: number) => void} onProgress share sent, 0..1
 * @param {AbortSignal} signal
 * @returns {Promise<Accepted>}
 */
export function uploadFile(file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const on = request.addEventListener.bind(request);
    request.open('POST', '/api/documents');
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    on('load', () => {
      const { status, response } = request;
      const accepted = response?.documents?.[0];
      if (status >= 400 || !accepted) reject(errorFrom(status, response));
      else if (accepted.error) reject(new ApiError(accepted.error.message));
      else resolve(accepted);
    });
    on('error', () => reject(new ApiError(`The file could not be sent. ${UNREACHABLE}`)));
    on('abort', () => reject(new ApiError('Stopped.')));
    signal.addEventListener('abort', () => request.abort());
    const form = new FormData();
    form.append('files', file, file.name);
    request.send(form);
  });
}
