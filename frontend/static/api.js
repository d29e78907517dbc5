/** Calls to the server: JSON in and out, and one kind of error. */

/** What went wrong, as a sentence for a person (`message`). */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string, retryAfter?: number | null, requestId?: string}} [facts]
   */
  constructor(message, { status = 0, code = 'unreachable', retryAfter = null, requestId = '' } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }
}

const UNREACHABLE = 'Quaestio does not answer. Check that it is still running, then try again.';

/**
 * @param {number} status
 * @param {any} body
 */
function errorFrom(status, body) {
  const message = body?.message ?? (typeof body?.detail === 'string' ? body.detail : null);
  return new ApiError(message ?? `The server answered with status ${status}. Try again in a moment.`, {
    status,
    code: body?.code ?? 'unknown',
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

/** @param {string} id */
export const deleteDocument = (id) => call(`/api/documents/${encodeURIComponent(id)}`, { method: 'DELETE' });

/**
 * @param {QuestionRequest} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<QuestionSet>}
 */
export const makeQuestions = (request, signal) => call('/api/questions', { method: 'POST', json: request, signal });

/**
 * @param {string} documentId
 * @param {string} chunkId
 * @returns {Promise<PassageText>}
 */
export const getPassage = (documentId, chunkId) =>
  call(`/api/documents/${encodeURIComponent(documentId)}/passage?${new URLSearchParams({ chunk_id: chunkId })}`);

/**
 * @param {string} q
 * @param {AbortSignal} signal
 * @returns {Promise<{results: Found[]}>}
 */
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
    request.open('POST', '/api/documents');
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener('load', () => {
      const body = request.response;
      if (request.status >= 400) return reject(errorFrom(request.status, body));
      const accepted = body?.documents?.[0];
      if (!accepted) return reject(errorFrom(request.status, null));
      if (accepted.error) return reject(new ApiError(accepted.error.message, { code: accepted.error.code }));
      return resolve(accepted);
    });
    request.addEventListener('error', () => {
      reject(
        new ApiError(
          'The file could not be sent. Check that Quaestio is running and that the file is not in use, then try again.',
        ),
      );
    });
    request.addEventListener('abort', () => reject(new ApiError('Stopped.', { code: 'stopped' })));
    signal.addEventListener('abort', () => request.abort());
    const form = new FormData();
    form.append('files', file, file.name);
    request.send(form);
  });
}
