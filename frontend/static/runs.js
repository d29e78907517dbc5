/** Working through a set: pure functions over one plain object, which is kept across reloads. */

export const LETTERS = ['A', 'B', 'C', 'D'];

/** A first round over a whole set. */
export function startRun(set, request, seen = []) {
  return {
    set,
    request,
    seen: [...seen, ...set.questions.map((q) => q.question)],
    order: set.questions.map((_, index) => index),
    position: 0,
    done: false,
    choices: {},
    notes: {},
    revealed: {},
    known: {},
  };
}

/** Another round over some of the questions, their answers forgotten. */
export function nextRound(run, order) {
  return { ...startRun(run.set, run.request), seen: run.seen, order };
}

/** Whether the question at this index has been answered (quiz) or judged (practice). */
export const isAnswered = (run, index) => (run.set.mode === 'quiz' ? run.choices : run.known)[index] !== undefined;

export const isRight = (run, index) =>
  run.set.mode === 'quiz' ? run.choices[index] === run.set.questions[index].correct_index : run.known[index] === true;

/** The tally of a round. */
export function scoreOf(run) {
  const right = run.order.filter((index) => isRight(run, index));
  const missed = run.order.filter((index) => !isRight(run, index));
  const unanswered = run.order.filter((index) => !isAnswered(run, index));
  const total = run.order.length;
  return { right, missed, unanswered, total, share: total ? right.length / total : 0 };
}

/** One sentence on a quiz score. */
export function verdict(share) {
  if (share === 1) return 'Every answer right.';
  if (share >= 0.8) return 'Well done. You know this text.';
  if (share >= 0.5) return 'A good base. Read the passages behind the ones you missed.';
  return 'Worth another read. Open the passages below, then try again.';
}

/** Only the questions not seen before, at most `count`, and a plain sentence when that is fewer. */
export function onlyUnseen(set, seen, count) {
  const known = new Set(seen);
  const questions = set.questions.filter((q) => !known.has(q.question)).slice(0, count);
  const shortfall =
    questions.length < count ? `The text carries only ${questions.length} more that you have not seen.` : null;
  return { ...set, questions, requested: count, delivered: questions.length, shortfall };
}
