/** The form that asks for questions. */

import { makeQuestions } from './api.js';
import { announce, byId, el, inputOf, problemBox } from './dom.js';
import { onlyUnseen } from './runs.js';
import { recall, remember } from './storage.js';

const MOST = 200;
const NOTHING = 'The text carries no questions on this. Try another topic or add documents.';

/** Questions not among `seen`. A request is always answered alike, so more are asked for. */
export async function makeMore(request, seen) {
  const set = await makeQuestions({ ...request, count: Math.min(MOST, request.count + seen.length) });
  return onlyUnseen(set, seen, request.count);
}

export class Generate {
  #picker;
  #onSet;
  #asking = null;

  constructor(picker, onSet) {
    this.#picker = picker;
    this.#onSet = onSet;
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
        byId('picker').querySelector('input[type=checkbox]'),
      );
    }
    return {
      topic: String(data.get('topic') ?? '').trim() || null,
      document_ids: ids,
      count,
      mode: modeOf(data.get('mode')),
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
      return await makeQuestions(request, this.#asking.signal);
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
