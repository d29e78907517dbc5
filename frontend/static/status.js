/** How the server is: components, language models, what the library holds, and jobs. */

import { call, post } from './api.js';
import { announce, AUTO, el, problemBox } from './dom.js';
import { counted, formatBytes, paceText, stageText } from './text.js';

const PAGE = 20;
const EVERY_MS = 3000;
const KINDS = { ingest: 'Reading a document', embed: 'Embedding', answer: 'Answering', migrate: 'Moving a store over', mine: 'Preparing questions' };

export class Status {
  #place;
  #documents;
  #jobs = el('div');
  #health = el('div.tiles');
  #only = '';
  #limit = PAGE;
  #timer;

  /** `documents` names what a job is about. */
  constructor(place, documents) {
    this.#place = place;
    this.#documents = documents;
    const choice = (value, words) =>
      el('label', el('input', { type: 'radio', name: 'jobs', value, checked: value === this.#only, onchange: () => this.#show(value) }), el('span', words));
    place.append(
      el('h1', { tabindex: -1 }, 'Status'),
      this.#health,
      el(
        'div.found-head',
        el('h2', 'Jobs'),
        el('fieldset', el('legend.visually-hidden', 'Which jobs'), el('div.segmented', choice('', 'All'), choice('failed', 'Failed'))),
      ),
      this.#jobs,
    );
    this.#health.append(...Array.from({ length: 10 }, () => el('div.skeleton.tile')));
    this.#jobs.append(el('div.skeleton.tall'));
  }

  #show(only) {
    this.#only = only;
    this.#limit = PAGE;
    void this.refresh();
  }

  /** Now, and again while the view is shown. */
  async refresh() {
    clearTimeout(this.#timer);
    const quiet = (path) => call(path).catch((cause) => cause);
    const query = new URLSearchParams({ limit: this.#limit, ...(this.#only && { status: this.#only }) });
    const [ready, models, stats, jobs] = await Promise.all([
      fetch('/health/ready').then((answer) => answer.json()).catch(() => ({})),
      quiet('/health/models'),
      quiet('/api/stats'),
      quiet(`/jobs?${query}`),
    ]);
    keepFocus(this.#place, () => {
      this.#health.replaceChildren(...healthTiles(ready), ...modelTiles(models), ...statTiles(stats));
      this.#jobs.replaceChildren(...this.#jobParts(jobs));
    });
    const rest = this.#place.hidden || document.hidden;
    this.#timer = setTimeout(() => (this.#place.hidden ? null : this.refresh()), rest ? 5 * EVERY_MS : EVERY_MS);
  }

  #jobParts(jobs) {
    if (jobs instanceof Error) return [problemBox(jobs, () => this.refresh())];
    const none = this.#only ? 'No job has failed.' : 'Nothing has been done yet.';
    if (!jobs.items.length) return [el('p.empty', none)];
    const more = () => {
      this.#limit = Math.min(100, this.#limit + PAGE);
      void this.refresh();
    };
    return [
      el('ul.card.lines-list', ...jobs.items.map((job) => this.#job(job))),
      jobs.items.length < Math.min(100, jobs.total) && el('button.button.quiet.more', { id: 'jobs-more', onclick: more }, 'Show more'),
    ].filter(Boolean);
  }

  #job(job) {
    const { status, error } = job;
    const active = status === 'queued' || status === 'started';
    const bad = status === 'failed' || status === 'stopped';
    const act = async (verb) => {
      const path = `/jobs/${encodeURIComponent(job.job_id)}`;
      const done = verb === 'Retry' ? post(`${path}/retry`) : call(path, { method: 'DELETE' });
      await done.then(() => announce(`${verb}: done.`), (cause) => announce(cause.message));
      void this.refresh();
    };
    const about = this.#documents.items.find((doc) => doc.document_id === job.subject);
    const verb = active ? 'Stop' : bad ? 'Retry' : '';
    const when = new Date(job.ended_at ?? job.created_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
    const how = active ? [stageText(job), paceText(job)].filter(Boolean).join(' · ') : when;
    return el(
      'li.job',
      el(
        'div.document-text',
        el('strong', KINDS[job.kind] ?? plain(job.kind)),
        ' ',
        el('span', { class: `tag ${status === 'finished' ? 'good' : status === 'failed' ? 'bad' : ''}` }, status),
        about && el('p', AUTO, about.filename),
        el('p.hint', how, job.attempt > 1 && ` · attempt ${job.attempt}`),
        active && el('progress', { max: 1, value: job.progress, 'aria-label': 'Progress' }),
        error && el('p.job-error', AUTO, error),
      ),
      verb && el('button.button.small', { id: `job-${job.job_id}`, onclick: () => act(verb), 'aria-label': `${verb} this job` }, verb),
    );
  }
}

/** Draws anew without taking the focus from the button of the same id. */
function keepFocus(place, draw) {
  const { id } = document.activeElement ?? {};
  draw();
  if (id && !place.contains(document.activeElement)) place.querySelector(`#${CSS.escape(id)}`)?.focus();
}

const tile = (name, value, note, tone = '') =>
  el('div.card.tile', el('p.hint', name), el('p.tile-value', { class: `tile-value ${tone}` }, value), note && el('p.hint', note));

const plain = (name) => name.replaceAll('_', ' ');

function healthTiles(ready) {
  return Object.entries(ready.components ?? {}).map(([name, { status, latency_ms: ms, detail }]) =>
    tile(plain(name), status === 'ok' ? 'Well' : 'Down', detail ?? `${ms.toLocaleString('en', { maximumFractionDigits: 1 })} ms`, status === 'ok' ? 'good' : 'bad'),
  );
}

function modelTiles(models) {
  if (models instanceof Error) return [];
  const list = Object.values(models).find(Array.isArray) ?? [];
  if (!list.length) return [tile('language model', 'None', 'Answers and questions are quoted from the text.')];
  return list.map((one) => tile(one.name ?? one.model, plain(one.state), `${counted(one.calls ?? 0, 'call')}, ${one.failures ?? 0} failed`, one.state === 'ready' ? 'good' : 'bad'));
}

function statTiles(stats) {
  if (stats instanceof Error) return [];
  const numbers = Object.entries(stats).filter(([, value]) => typeof value === 'number');
  const tiles = numbers.map(([name, value]) => tile(plain(name), value.toLocaleString('en')));
  const { index, caches = {} } = stats;
  if (index) tiles.push(tile('vector index', index.kind, `${index.dimension} dimensions · ${formatBytes(index.bytes)}`));
  for (const [name, cache] of Object.entries(caches)) {
    tiles.push(tile(`${plain(name)} cache`, `${Math.round(cache.hit_rate * 100)} %`, `${cache.hits} of ${counted(cache.hits + cache.misses, 'request')}`));
  }
  return tiles;
}
