/** The end of a round: the score, and every question with its answer. */

import { post } from './api.js';
import { AUTO, el, problemBox, svg } from './dom.js';
import { practiceResult } from './practice.js';
import { quizResult } from './quiz.js';
import { LETTERS, scoreOf, verdict } from './runs.js';

export function reviewOf(run, actions) {
  const list = el('ol.review-list');
  const show = (order) => list.replaceChildren(...order.map((index) => card(run, index)));
  show(run.order);
  return el('div.review', scoreCard(run, actions), run.set.mode === 'quiz' && advice(run), filterRow(run, show), list);
}

/** What the marking says of the whole quiz, and the places to read again. */
function advice(run) {
  const box = el('section.card.advice', { 'aria-label': 'Feedback' }, el('div.skeleton'));
  const answers = run.order.map((index) => {
    const { id, question, options, correct_index: right } = run.set.questions[index];
    const letter = (place) => LETTERS[place] ?? '';
    return {
      question_id: id ?? String(index),
      question,
      options,
      user_answer: letter(run.choices[index]),
      correct_answer: letter(right),
      question_type: 'mcq',
    };
  });
  const ask = async () => {
    try {
      const told = await post('/api/chat/evaluate-quiz', { answers, topic: run.request.topic });
      const part = (title, lines) => (lines.length ? [el('h3', title), el('ul.points', ...lines.map((text) => el('li', AUTO, text)))] : []);
      box.replaceChildren(
        el('p', el('span.tag', `Grade ${told.grade}`), ' ', told.overall_feedback),
        ...part('Read again', told.study_suggestions),
        ...part('Going well', told.strengths),
        ...part('To work on', told.areas_for_improvement),
      );
    } catch (cause) {
      box.replaceChildren(problemBox(cause, ask));
    }
  };
  void ask();
  return box;
}

function scoreCard(run, { onRound, onMore }) {
  const { right, missed, unanswered, total, share } = scoreOf(run);
  const quiz = run.set.mode === 'quiz';
  const said = quiz ? verdict(share) : `${right.length} you knew, ${missed.length - unanswered.length} not yet.`;
  const left = unanswered.length ? ` ${unanswered.length} not ${quiz ? 'answered' : 'judged'}.` : '';
  const again = quiz ? `Retry the ${missed.length} missed` : `Practise the ${missed.length} again`;
  const place = el('div.more-problem');
  const more = el('button.button', 'More questions like these');
  more.addEventListener('click', () => onMore(more, place));
  return el(
    'div.card.score-card',
    ring(share),
    el('div', el('h2.score', { id: 'score', tabindex: -1 }, `${right.length} of ${total}`), el('p', said + left)),
    el(
      'div.score-actions',
      missed.length > 0 &&
        missed.length < total &&
        el('button.button.primary', { onclick: () => onRound(missed) }, again),
      el('button.button', { onclick: () => onRound(run.set.questions.map((_, i) => i)) }, 'Try again'),
      more,
    ),
    place,
  );
}

function ring(share) {
  const arc = (name, length) =>
    svg('circle', { class: name, cx: 40, cy: 40, r: 33, pathLength: 100, 'stroke-dasharray': `${length} 100` });
  return svg(
    'svg',
    { viewBox: '0 0 80 80', class: 'ring', 'aria-hidden': 'true' },
    arc('ring-rest', 100),
    arc('ring-share', share * 100),
    svg('text', { x: 40, y: 46 }, `${Math.round(share * 100)}%`),
  );
}

function filterRow(run, show) {
  const { missed, total } = scoreOf(run);
  if (missed.length === 0 || missed.length === total) return null;
  const choice = (words, order, on) =>
    el(
      'label',
      el('input', { type: 'radio', name: 'review-filter', checked: on, onchange: () => show(order) }),
      el('span', words),
    );
  return el(
    'fieldset.review-filter',
    el('legend.visually-hidden', 'Which questions to show'),
    el('div.segmented', choice(`All ${total}`, run.order, true), choice(`To review ${missed.length}`, missed, false)),
  );
}

function card(run, index) {
  const { words, right, parts } = run.set.mode === 'quiz' ? quizResult(run, index) : practiceResult(run, index);
  const { difficulty } = run.set.questions[index];
  const number = run.order.indexOf(index) + 1;
  const head = el(
    'p.review-head',
    el('span.review-number', `Question ${number}`),
    el('span', { class: `tag ${right ? 'good' : 'bad'}` }, words),
    difficulty && el('span.tag', difficulty),
  );
  return el('li.card.review-card', head, ...parts);
}
