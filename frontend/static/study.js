/** Working through a set, one question at a time. */

import { announce, byId, confirmed, el, focusOn, icon, problemBox } from './dom.js';
import { practiceQuestion } from './practice.js';
import { quizQuestion } from './quiz.js';
import { reviewOf } from './review.js';
import { isAnswered, nextRound, scoreOf } from './runs.js';
import { remember } from './storage.js';
import { counted } from './text.js';

const KEEP_PAUSE_MS = 300;
/** Share of the points from which an open answer counts as known, until the person says otherwise. */
const PASSED = 0.6;

/** Shows one run in #study; every step is kept, so that a reload loses nothing. */
export class Study {
  #section = byId('study');
  #run = null;
  #onNew;
  #onMore;
  /** Redraws what changes while one question is shown. */
  #update = () => {};
  #timer;

  constructor({ onNew, onMore }) {
    this.#onNew = onNew;
    this.#onMore = onMore;
    this.#section.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('pagehide', () => this.#keepNow());
  }

  get run() {
    return this.#run;
  }

  open(run) {
    this.resume(run);
    this.#keepNow();
    scrollTo({ top: 0 });
    focusOn(byId('study-title'));
    announce(`${counted(run.order.length, 'question')} ready.`);
  }

  /** Shows a run from an earlier visit without taking the focus. */
  resume(run) {
    this.#run = run;
    this.#draw();
  }

  close() {
    this.#run = null;
    this.#keepNow();
    this.#section.replaceChildren();
  }

  #keepNow() {
    clearTimeout(this.#timer);
    remember('run', this.#run);
  }

  #keepSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keepNow(), KEEP_PAUSE_MS);
  }

  #draw() {
    const run = this.#run;
    if (!run) return;
    const body = run.done ? reviewOf(run, { onRound: this.#round, onMore: this.#more }) : this.#runner(run);
    const { shortfall } = run.set;
    const notice = shortfall ? [el('p.notice', { role: 'note' }, shortfall)] : [];
    this.#section.replaceChildren(this.#head(run), ...notice, body, credits(run));
  }

  #head(run) {
    const kind = run.set.mode === 'quiz' ? 'Quiz' : 'Practice';
    const about = run.request.topic ?? (run.request.document_ids ? 'chosen documents' : 'everything in your library');
    return el(
      'header.study-head',
      el(
        'div',
        el('p.eyebrow', kind),
        el('h1', { id: 'study-title', tabindex: -1, dir: 'auto' }, about.charAt(0).toUpperCase() + about.slice(1)),
      ),
      el(
        'div.study-actions',
        run.set.set_id && el('a.button.quiet', { href: `#sets/${run.set.set_id}` }, 'Edit and export'),
        el('button.button.quiet', { onclick: () => print() }, icon('print'), 'Print'),
        el('button.button', { onclick: () => this.#onNew() }, 'New questions'),
      ),
    );
  }

  #runner(run) {
    const count = el('p.position');
    const bar = el('progress.run-bar', { max: run.order.length, value: 0, 'aria-label': 'Questions answered' });
    const strip = this.#strip(run);
    const back = el('button.button.quiet', { onclick: () => this.#move(-1) }, icon('left'), 'Back');
    const next = el('button.button.primary', { onclick: () => this.#forward() });
    const place = el('div.card.question-card', { tabindex: -1 }, this.#question(run));
    this.#update = () => {
      const answered = run.order.filter((index) => isAnswered(run, index)).length;
      const last = run.position === run.order.length - 1;
      const end = run.set.mode === 'quiz' ? 'Mark my answers' : 'See how I did';
      count.textContent = `Question ${run.position + 1} of ${run.order.length}`;
      bar.value = answered;
      back.disabled = run.position === 0;
      next.replaceChildren(last ? end : 'Next', ...(last ? [] : [icon('right')]));
      updateStrip(strip, run);
    };
    this.#update();
    const keys = run.set.mode === 'quiz' ? 'A to D choose, ← → move, Enter goes on' : '← → move between questions';
    return el(
      'div.runner',
      el('div.run-head', count, strip, bar),
      place,
      el('div.run-foot', back, el('p.keys', keys), next),
    );
  }

  #strip(run) {
    return el(
      'ol.strip',
      { 'aria-label': 'All questions of this set' },
      ...run.order.map((_, place) => el('li', el('button', { onclick: () => this.#goTo(place) }, String(place + 1)))),
    );
  }

  #question(run) {
    const index = run.order[run.position];
    const changed = () => {
      this.#keepSoon();
      this.#update();
    };
    if (run.set.mode === 'quiz') {
      return quizQuestion(run, index, (choice) => {
        run.choices[index] = choice;
        changed();
      });
    }
    return practiceQuestion(run, index, {
      onNote: (text) => {
        run.notes[index] = text;
        this.#keepSoon();
      },
      onMark: (result) => {
        run.marks = { ...run.marks, [index]: result };
        run.known[index] ??= result.score >= result.max_score * PASSED;
        changed();
      },
      onReveal: () => {
        run.revealed[index] = true;
        changed();
      },
      onJudge: (knew) => {
        run.known[index] = knew;
        changed();
      },
    });
  }

  #move(by) {
    if (this.#run) this.#goTo(this.#run.position + by);
  }

  #goTo(place) {
    const run = this.#run;
    if (!run || place < 0 || place >= run.order.length) return;
    const inStrip = Boolean(document.activeElement?.closest('.strip'));
    run.position = place;
    this.#keepSoon();
    this.#section.querySelector('.question-card')?.replaceChildren(this.#question(run));
    this.#update();
    const wanted = inStrip
      ? ['.strip [aria-current]']
      : ['.question input:checked', '.question input', '.question-text'];
    const target = wanted.map((selector) => this.#section.querySelector(selector)).find(Boolean);
    target?.focus();
  }

  /** On to the next question, or to the end of the round. */
  #forward() {
    const run = this.#run;
    if (!run) return;
    if (run.position < run.order.length - 1) this.#move(1);
    else void this.#finish(run);
  }

  async #finish(run) {
    const { unanswered } = scoreOf(run);
    if (run.set.mode === 'quiz' && unanswered.length > 0) {
      const sure = await confirmed({
        title: `${counted(unanswered.length, 'question')} still open`,
        text: 'Open questions count as wrong. Mark your answers now?',
        yes: 'Mark my answers',
      });
      if (!sure) return this.#goTo(run.order.indexOf(unanswered[0]));
    }
    run.done = true;
    this.#keepNow();
    this.#draw();
    scrollTo({ top: 0 });
    focusOn(byId('score'));
    const { right, total } = scoreOf(run);
    announce(`${right.length} of ${total} ${run.set.mode === 'quiz' ? 'right' : 'known'}.`);
  }

  #round = (order) => {
    if (this.#run) this.open(nextRound(this.#run, order));
  };

  #more = async (button, place) => {
    if (!this.#run || button.disabled) return;
    button.disabled = true;
    button.replaceChildren(el('span.spinner'), 'Generating…');
    place.replaceChildren();
    try {
      if (await this.#onMore(this.#run)) return;
      place.append(el('p.notice', { role: 'status' }, 'The text carries no further questions on this.'));
    } catch (cause) {
      place.append(problemBox(cause));
    }
    button.disabled = false;
    button.replaceChildren('More questions like these');
  };

  #key(event) {
    const run = this.#run;
    const target = (event.target);
    if (!run || run.done || event.altKey || event.ctrlKey || event.metaKey || target.matches('textarea')) return;
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      event.preventDefault();
      this.#move(event.key === 'ArrowRight' ? 1 : -1);
    } else if (event.key === 'Enter' && !target.matches('button')) {
      event.preventDefault();
      this.#forward();
    } else if (run.set.mode === 'quiz') {
      this.#choose(event.key);
    }
  }

  #choose(key) {
    const place = key.length === 1 ? Math.max('1234'.indexOf(key), 'abcd'.indexOf(key.toLowerCase())) : -1;
    const option = this.#section.querySelectorAll('.question input')[place];
    if (!(option instanceof HTMLInputElement)) return;
    option.click();
    option.focus();
  }
}

function updateStrip(strip, run) {
  strip.querySelectorAll('button').forEach((button, place) => {
    const index = run.order[place];
    const current = place === run.position;
    const answered = isAnswered(run, index);
    const state = answered ? (run.known[index] === false ? 'missed' : 'answered') : '';
    button.className = state;
    button.tabIndex = current ? 0 : -1;
    button.toggleAttribute('aria-current', current);
    if (current) button.setAttribute('aria-current', 'step');
    button.setAttribute('aria-label', `Question ${place + 1}${answered ? ', answered' : ''}`);
    if (current) strip.scrollTo({ left: button.offsetLeft - strip.clientWidth / 2 });
  });
}

function credits(run) {
  const writer = run.set.model === 'extractive' ? 'the built-in writer' : run.set.model;
  const ms = run.set.timings?.total_ms;
  const taken = ms > 50 ? ` in ${(ms / 1000).toLocaleString('en', { maximumFractionDigits: 1 })} s` : '';
  return el('p.credits', `Written by ${writer}${taken}, each from a passage of your documents.`);
}
