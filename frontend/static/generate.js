/** The form that asks for questions. */

import { post } from './api.js';
import { announce, byId, el, inputOf, problemBox } from './dom.js';
import { onlyUnseen } from './runs.js';
import { recall, remember } from './storage.js';

const MOST = 200;
const NOTHING = 'The text carries no questions on this. Try another topic or add documents.';

const KINDS =
  'abbreviation agent cause cloze comparison date definition description function list name number object parts place process subject';

/** Questions not among `seen`. */
export async function makeMore(request, seen) {
  const set = await post('/api/questions', { ...request, fresh: true });
  return onlyUnseen(set, seen, request.count);
}

export class Generate {
  #picker;
  #onSet;
  #asking = null;

  constructor(picker, onSet) {
    this.#picker = picker;
    this.#onSet = onSet;
    byId('scope').append(picker.node);
    byId('types').append(
      ...KINDS.split(' ').map((kind) => el('label.chip', el('input', { type: 'checkbox', name: 'types', value: kind }), el('span', kind))),
    );
    this.#restore();
    const form = byId('generate', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    form.addEventListener('change', () => this.#keep());
    byId('cancel-generate').addEventListener('click', () => this.#asking?.abort());
    for (const button of form.querySelectorAll('[data-step]')) {
      button.addEventListener('click', () => this.#step(Number(button.getAttribute('data-step'))));
    }
  }

  setTopic(topic) {
    inputOf('topic').value = topic;
    this.#keep();
  }

  async #submit() {
    const request = this.#read();
    if (!request) return;
    const set = await this.#ask(request);
    if (set?.questions.length === 0) this.#refuse(set.shortfall ?? NOTHING, byId('topic'));
    else if (set) this.#onSet(set, request);
  }

  #read() {
    const data = new FormData(byId('generate', HTMLFormElement));
    const count = Number(data.get('count'));
    const ids = this.#picker.documentIds;
    if (!Number.isInteger(count) || count < 1 || count > MOST) {
      return this.#refuse(`Choose a number of questions from 1 to ${MOST}.`, byId('count'));
    }
    if (ids?.length === 0) {
      return this.#refuse(
        'Tick at least one document, or choose “All documents”.',
        this.#picker.node.querySelector('input[type=checkbox]'),
      );
    }
    return {
      topic: String(data.get('topic') ?? '').trim() || null,
      document_ids: ids,
      count,
      mode: modeOf(data.get('mode')),
      ...(data.get('difficulty') && { difficulty: data.get('difficulty') }),
      ...(data.has('types') && { types: data.getAll('types') }),
      ...(data.has('fresh') && { fresh: true }),
    };
  }

  #refuse(message, field) {
    byId('generate-problem').replaceChildren(problemBox(message));
    field?.focus();
    return null;
  }

  async #ask(request) {
    if (this.#asking) return null;
    this.#asking = new AbortController();
    const stopBusy = this.#showBusy();
    byId('generate-problem').replaceChildren();
    try {
      return await post('/api/questions', request, this.#asking.signal);
    } catch (cause) {
      if (!this.#asking.signal.aborted) byId('generate-problem').replaceChildren(problemBox(cause));
      return null;
    } finally {
      this.#asking = null;
      stopBusy();
    }
  }

  #showBusy() {
    const button = byId('generate-button', HTMLButtonElement);
    const started = performance.now();
    button.setAttribute('aria-disabled', 'true');
    button.replaceChildren(el('span.spinner'), 'Generating…');
    byId('cancel-generate').hidden = false;
    announce('Generating questions.');
    const timer = setInterval(() => {
      const seconds = Math.round((performance.now() - started) / 1000);
      if (seconds >= 2) byId('busy-note').textContent = `Reading and checking sources, ${seconds} s`;
    }, 500);
    return () => {
      clearInterval(timer);
      byId('busy-note').textContent = '';
      byId('cancel-generate').hidden = true;
      button.removeAttribute('aria-disabled');
      button.replaceChildren('Generate questions');
    };
  }

  #step(by) {
    const count = inputOf('count');
    count.value = String(Math.min(MOST, Math.max(1, (Number(count.value) || 0) + by)));
    this.#keep();
  }

  #keep() {
    const data = new FormData(byId('generate', HTMLFormElement));
    remember('form', { topic: data.get('topic'), count: data.get('count'), mode: data.get('mode') });
  }

  #restore() {
    const kept = recall('form');
    if (!kept) return;
    inputOf('topic').value = kept.topic ?? '';
    inputOf('count').value = kept.count || '10';
    inputOf(`mode-${modeOf(kept.mode)}`).checked = true;
  }
}

const modeOf = (value) => (value === 'practice' ? 'practice' : 'quiz');
