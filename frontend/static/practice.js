/** An open question, judged by oneself against the model answer. */

import { post } from './api.js';
import { announce, AUTO, el, icon, problemBox } from './dom.js';
import { markdown } from './markdown.js';
import { passageButton } from './passage.js';

export function practiceQuestion(run, index, { onNote, onReveal, onJudge, onMark }) {
  const item = run.set.questions[index];
  const note = el('textarea', {
    ...AUTO,
    id: 'note',
    rows: 4,
    placeholder: 'Write what you know, or just think it through',
  });
  note.value = run.notes[index] ?? '';
  note.addEventListener('input', () => onNote(note.value));
  const reveal = el('button.button', 'Show the answer');
  const answer = el('div.model-answer', { tabindex: -1 });
  const place = el('div.marked', { tabindex: -1 });
  const level = el(
    'select',
    { 'aria-label': 'How strictly to mark' },
    ...['easy', 'medium', 'strict'].map((name) => el('option', { value: name, selected: name === 'medium' }, `${name} marking`)),
  );
  const check = el('button.button.primary', { onclick: () => void mark() }, 'Mark my answer');
  const mark = async () => {
    const text = note.value.trim();
    if (!text) return note.focus();
    check.disabled = true;
    place.replaceChildren(el('div.skeleton'));
    try {
      const body = { question: item.question, user_answer: text, evaluation_level: level.value };
      const result = await post('/api/chat/evaluate-answer', { ...body, ...(item.id && { question_id: item.id }) });
      onMark(result);
      place.replaceChildren(...markParts(result));
      announce(`${result.score} of ${result.max_score} points. ${result.feedback}`);
    } catch (cause) {
      place.replaceChildren(problemBox(cause));
    }
    check.disabled = false;
  };
  if (run.marks?.[index]) place.append(...markParts(run.marks[index]));
  const open = () => {
    reveal.hidden = true;
    answer.replaceChildren(...modelAnswer(run, index, onJudge));
  };
  reveal.addEventListener('click', () => {
    onReveal();
    open();
    answer.focus();
  });
  note.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) check.click();
  });
  if (run.revealed[index]) open();
  return el(
    'div.question',
    el('h2.question-text', { dir: 'auto', tabindex: -1 }, item.question),
    el('label.note-label', { for: 'note' }, 'Your answer', el('span.optional', 'kept in this browser')),
    note,
    el('div.judge-row', el('span.joined', level, check), reveal),
    place,
    answer,
  );
}

/** A mark with what was right, what is missing and what to read again. */
function markParts({ score, max_score: most, feedback, suggestions }) {
  return [
    el('p.mark', el('span', { class: `tag ${score >= most * 0.6 ? 'good' : 'bad'}` }, `${score} of ${most} points`)),
    el('div.answer', AUTO, ...markdown(feedback)),
    suggestions && el('div.answer.hint', AUTO, ...markdown(suggestions)),
  ].filter(Boolean);
}

function modelAnswer(run, index, onJudge) {
  const item = run.set.questions[index];
  const buttons = [true, false].map((knew) => {
    const press = () => {
      onJudge(knew);
      mark();
    };
    const [name, words] = knew ? ['good', 'I knew it'] : ['bad', 'Not yet'];
    return el(`button.button.judge.${name}`, { onclick: press }, icon(knew ? 'check' : 'cross'), words);
  });
  const mark = () =>
    buttons.forEach((button, place) => button.setAttribute('aria-pressed', String(run.known[index] === !place)));
  mark();
  return [
    el('h3', 'Model answer'),
    el('p.answer-text', AUTO, item.answer),
    explanationOf(item),
    passageButton(item.source),
    el('div.judge-row', { role: 'group', 'aria-label': 'How did you do?' }, ...buttons),
  ].filter((part) => part !== null);
}

function explanationOf(item) {
  const says = item.explanation.trim();
  return says && says !== item.answer.trim() ? el('p.explanation', AUTO, says) : null;
}

export function practiceResult(run, index) {
  const item = run.set.questions[index];
  const judged = run.known[index];
  const words = judged === undefined ? 'Not judged' : judged ? 'Knew it' : 'Not yet';
  const note = run.notes[index]?.trim();
  return {
    words,
    right: judged === true,
    parts: [
      el('h3.question-text', AUTO, item.question),
      note && el('p.own-answer', AUTO, el('span.tag-line', 'You wrote'), note),
      ...(run.marks?.[index] ? markParts(run.marks[index]) : []),
      el('p.answer-text', AUTO, el('span.tag-line', 'Model answer'), item.answer),
      explanationOf(item),
      passageButton(item.source),
    ],
  };
}
