/** Asking the documents: answers as they are written, and the passages they can be checked against. */

import { call, listen, newSession, post } from './api.js';
import { announce, AUTO, confirmed, el, focusOn, icon, problemBox } from './dom.js';
import { markdown } from './markdown.js';
import { openPassage } from './passage.js';
import { Picker } from './picker.js';
import { recall, remember } from './storage.js';
import { clock, counted, linkAt, placeOf } from './text.js';

const TRIES = 4;
const PAUSE_MS = 300;
const KEPT = 50;

export class Ask {
  #turns = recall('turns', sessionStorage) ?? [];
  #stop = null;
  #log = el('ol.turns', { 'aria-label': 'Questions and answers' });
  #field = el('textarea', { ...AUTO, id: 'question', rows: 2, maxlength: 2000, placeholder: 'e.g. Why do leaves look green?' });
  #send = el('button.button.primary.large', { type: 'submit' }, 'Ask');
  #halt = el('button.button', { hidden: true, onclick: () => this.#stop?.abort() }, icon('stop'), 'Stop');
  #clear = el('button.button.quiet', { onclick: () => this.#forget() }, 'New conversation');
  #picker;

  constructor(place, documents) {
    this.#picker = new Picker(documents, 'ask');
    const form = el(
      'form.card.form.ask-form',
      { onsubmit: (event) => this.#submit(event) },
      el('div.field', el('label', { for: 'question' }, 'Your question'), this.#field),
      el('div.row.ask-row', this.#picker.node, el('div.submit', this.#clear, this.#halt, this.#send)),
    );
    this.#field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#submit(event);
    });
    place.append(
      el('h1', { id: 'ask-title', tabindex: -1 }, 'Ask your documents'),
      el('p.lead', 'Every answer names the passages it comes from. Press a number to read them.'),
      form,
      this.#log,
    );
    for (const turn of this.#turns) this.#show(turn);
    this.#busy(false);
  }

  focus() {
    this.#field.focus();
  }

  async #submit(event) {
    event.preventDefault();
    const question = this.#field.value.trim();
    if (this.#stop) return;
    if (!question || this.#picker.documentIds?.length === 0) {
      announce(question ? 'Tick at least one document.' : 'Type a question first.');
      return this.#field.focus();
    }
    const turn = { question, ids: this.#picker.documentIds, answer: '', sources: [] };
    this.#turns = [...this.#turns, turn].slice(-KEPT);
    this.#field.value = '';
    await this.#run(turn, this.#show(turn));
  }

  async #run(turn, draw) {
    this.#stop = new AbortController();
    this.#busy(true);
    announce('Looking for an answer.');
    Object.assign(turn, { answer: '', problem: null, over: false });
    draw();
    try {
      await answer(turn, this.#stop.signal, draw);
    } catch (cause) {
      if (this.#stop.signal.aborted) turn.stopped = true;
      else turn.problem = cause;
    }
    turn.over = true;
    this.#stop = null;
    this.#busy(false);
    draw(() => this.#run(turn, draw));
    announce(turn.problem ? '' : turn.stopped ? 'Stopped.' : `${turn.answer} ${counted(turn.sources.length, 'source')}.`);
    this.#keep();
  }

  #busy(on) {
    this.#halt.hidden = !on;
    this.#send.toggleAttribute('aria-disabled', on);
    this.#clear.hidden = on || this.#turns.length === 0;
  }

  #keep() {
    const plain = this.#turns.filter((turn) => !turn.problem);
    remember('turns', plain, sessionStorage);
  }

  async #forget() {
    const sure = await confirmed({ title: 'Start again?', text: 'The questions and answers above will be gone.', yes: 'Start again' });
    if (!sure) return;
    void call('/api/chat/history', { method: 'DELETE' }).catch(() => null);
    newSession();
    this.#turns = [];
    this.#log.replaceChildren();
    this.#keep();
    this.#busy(false);
    this.focus();
  }

  /** Adds a turn on top and answers what draws it anew. */
  #show(turn) {
    const text = el('div.answer', AUTO);
    const aside = el('aside.sources', { 'aria-label': 'Sources' });
    const title = el('h2.turn-question', { ...AUTO, tabindex: -1 }, turn.question);
    const item = el('li.card.turn', title, el('div.turn-body', text, aside));
    this.#log.prepend(item);
    let due = 0;
    const draw = (retry) => {
      cancelAnimationFrame(due);
      due = requestAnimationFrame(() => {
        item.classList.toggle('writing', !turn.over);
        text.replaceChildren(...answerParts(turn, aside, retry));
        aside.replaceChildren(...sourceParts(turn));
        aside.hidden = turn.sources.length === 0;
      });
    };
    draw();
    if (!turn.over) focusOn(title);
    return draw;
  }
}

/** Fills a turn from the stream, going on where a broken line stopped; from one answer where none is streamed. */
async function answer(turn, signal, draw) {
  const json = { question: turn.question, ...(turn.ids && { document_ids: turn.ids }) };
  let last = '';
  let failed = null;
  const hear = (name, data, id) => {
    last = id || last;
    if (name === 'sources') turn.sources = data.sources ?? data;
    else if (name === 'token') turn.answer += data.text ?? data;
    else if (name === 'done') Object.assign(turn, data, { over: true });
    else if (name === 'error') failed = Object.assign(new Error(data.message), data);
    draw();
  };
  for (let tries = 1; !turn.over && !failed; tries += 1) {
    const headers = { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) };
    try {
      const heard = last;
      await listen('/api/ask/stream', { method: 'POST', json: { ...json, conversation: true }, signal, headers }, hear);
      if (last !== heard) tries = 1;
    } catch (cause) {
      if ([400, 404, 405, 422].includes(cause.status) && !last) return Object.assign(turn, await post('/api/ask', json, signal));
      if (signal.aborted || cause.status || tries >= TRIES || !last) throw cause;
      turn.again = true;
    }
    if (!turn.over && !failed) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
    if (tries >= TRIES) failed ??= new Error('The answer broke off.');
  }
  if (failed) throw failed;
}

function answerParts(turn, aside, retry) {
  const known = turn.sources;
  const marker = (number) => {
    const source = known[number - 1];
    if (!source) return null;
    const cited = turn.citations?.filter((one) => one.source === number).map((one) => one.quote);
    return el('button.marker', { 'aria-label': `Source ${number}, ${placeOf(source)}`, onclick: () => open(source, cited) }, String(number));
  };
  const nothing = turn.over && !turn.problem && !turn.stopped && known.length === 0;
  if (nothing) return [el('div.notice.notice-none', el('p', el('strong', 'Not in your documents. ')), el('p', turn.answer))];
  const parts = markdown(turn.answer, marker);
  if (!turn.over && !turn.answer) parts.push(el('div.skeleton'), el('div.skeleton.short'));
  if (turn.stopped) parts.push(el('p.notice', 'Stopped here.'));
  if (turn.problem) parts.push(problemBox(turn.problem, retry));
  else if (turn.over && !turn.stopped) parts.push(el('p.credits', ...creditOf(turn)));
  return parts;
}

function creditOf({ model, fallback_used: fallback, dropped_citations: dropped, timings }) {
  const quoted = model === 'extractive';
  return [
    el('span.tag', { class: `tag ${quoted ? '' : 'good'}` }, quoted ? 'Quoted from your documents' : `Written by ${model}`),
    fallback && ' No language model answered.',
    dropped > 0 && ` ${counted(dropped, 'reference')} taken out: the source does not say so.`,
    timings?.total_ms > 50 && ` ${(timings.total_ms / 1000).toLocaleString('en', { maximumFractionDigits: 1 })} s`,
  ];
}

/** The cited ones, and the others behind a fold once the answer is there. */
function sourceParts({ sources, citations, answer: text, over }) {
  const cited = new Set([...text.matchAll(/\[(\d{1,3})\]/g)].map((found) => Number(found[1])));
  const quotesOf = (number) => citations?.filter((one) => one.source === number).map((one) => one.quote);
  const cards = sources.map((source, place) => [cited.has(place + 1), sourceCard(source, place + 1, quotesOf(place + 1))]);
  const pick = (wanted) => cards.filter(([used]) => used === wanted).map(([, card]) => card);
  const [used, rest] = over && cited.size ? [pick(true), pick(false)] : [cards.map(([, card]) => card), []];
  return [
    el('h3', over ? counted(used.length, 'source') : `Reading ${counted(used.length, 'passage')}`),
    ...used,
    rest.length > 0 && el('details', el('summary.hint', `${rest.length} more found`), ...rest),
  ].filter(Boolean);
}

function sourceCard(source, number, quotes) {
  const link = linkAt(source);
  const where = [placeOf({ ...source, filename: '' }), source.heading?.split(' > ').pop()].filter(Boolean).join(' · ');
  return el(
    'div.source',
    el(
      'button.source-open',
      { onclick: () => open(source, quotes), 'aria-label': `Source ${number}: ${placeOf(source)}` },
      el('span.key', String(number)),
      el('span', el('strong', AUTO, source.title || source.filename), el('span.place', where)),
    ),
    el('p.source-text', AUTO, quotes?.[0] ?? source.text),
    link && el('a.button.small', { href: link, target: '_blank', rel: 'noopener noreferrer' }, `Watch at ${clock(source.start_seconds)}`),
  );
}

const open = (source, quotes) => openPassage({ ...source, quote: source.text, quotes });
