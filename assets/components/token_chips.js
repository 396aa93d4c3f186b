// Tokens as toggle buttons.
//
// In:  data = {tokens, words, states, rev, whole, label, special}
//        tokens  text of every place, ## kept          words   number of the word of each place
//        states  {place: {action, shown}} of what is hidden: mask | random | keep
//        rev     changes when Python, not the reader, changed `states`
//        whole   a press hides the whole word           fixed   places where [MASK] was typed
// Out: state value 'hidden' = {rev, places: [[place, action, shown], ...]}
//
// The browser owns what is hidden while the reader presses; Python's copy is taken only when `rev`
// changes. Otherwise the answer to press 1 would undo press 2.

const ARROWS = { ArrowRight: 1, ArrowLeft: -1 };
const NOTES = { random: 'swapped in', keep: 'kept' };

function build(list, tokens, words) {
  list.replaceChildren();
  tokens.forEach((token, place) => {
    if (place === 0 || words[place] !== words[place - 1]) list.append(document.createElement('li'));
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.place = place;
    button.tabIndex = place === 0 ? 0 : -1;
    const face = document.createElement('span');
    face.className = 'face';
    if (token.startsWith('##') && token.length > 2) {
      const hash = document.createElement('span');
      hash.className = 'hash';
      hash.textContent = '##';
      face.append(hash, token.slice(2));
    } else {
      face.append(token);
    }
    const shown = document.createElement('span');
    shown.className = 'shown';
    button.append(face, shown);
    list.lastElementChild.append(button);
  });
}

function paint(button, token, state, fixed, count) {
  const place = Number(button.dataset.place);
  const shown = button.querySelector('.shown');
  button.setAttribute('aria-pressed', state || fixed ? 'true' : 'false');
  button.toggleAttribute('data-fixed', fixed);
  const action = fixed ? 'mask' : state?.action;
  if (action) button.dataset.action = action; else delete button.dataset.action;
  shown.replaceChildren(action && action !== 'mask' ? state.shown : '[MASK]');
  if (NOTES[action]) {
    const note = document.createElement('span');
    note.className = 'note';
    note.textContent = NOTES[action];
    shown.append(note);
  }
  const where = `token ${place + 1} of ${count}`;
  const name = fixed ? 'typed [MASK]' : !action ? `hide ${token}`
    : action === 'mask' ? `[MASK], was ${token}`
    : action === 'random' ? `${state.shown}, swapped in for ${token}` : `${token}, kept but asked for`;
  button.setAttribute('aria-label', `${name}, ${where}`);
}

export default function ({ data, setStateValue, parentElement }) {
  const list = parentElement.querySelector('ul');
  const { tokens, words, fixed } = data;
  list.setAttribute('aria-label', data.label);
  const signature = JSON.stringify([tokens, words]);
  if (list.dataset.signature !== signature) {
    build(list, tokens, words);
    list.dataset.signature = signature;
    list.hiddenRev = undefined;
  }
  if (list.hiddenRev !== data.rev) {
    list.hiddenRev = data.rev;
    list.hidden_ = new Map(Object.entries(data.states).map(([p, s]) => [Number(p), s]));
  }
  const hidden = list.hidden_;
  const typed = new Set(fixed);
  const buttons = [...list.querySelectorAll('button')];
  const repaint = () => buttons.forEach((button, place) =>
    paint(button, tokens[place], hidden.get(place), typed.has(place), tokens.length));
  repaint();

  const toggle = (place) => {
    if (typed.has(place)) return;
    const group = data.whole
      ? words.flatMap((word, p) => (word === words[place] && !typed.has(p) ? [p] : [])) : [place];
    const hide = !hidden.has(place);
    group.forEach((p) => (hide ? hidden.set(p, { action: 'mask', shown: '[MASK]' }) : hidden.delete(p)));
    repaint();
    const places = [...hidden].sort((a, b) => a[0] - b[0]).map(([p, s]) => [p, s.action, s.shown]);
    setStateValue('hidden', { rev: list.hiddenRev, tokens: tokens.length, places });
  };
  list.onclick = (event) => {
    const button = event.target.closest('button');
    if (button) toggle(Number(button.dataset.place));
  };
  // One stop for Tab; the arrows, Home and End move along the sentence.
  if (!list.listens) {
    list.listens = true;
    list.addEventListener('focusin', (event) => list.querySelectorAll('button').forEach((button) => {
      button.tabIndex = button === event.target.closest('button') ? 0 : -1;
    }));
  }
  list.onkeydown = (event) => {
    const at = buttons.indexOf(event.target.closest('button'));
    if (at < 0) return;
    const rtl = getComputedStyle(list).direction === 'rtl' ? -1 : 1;
    const to = event.key in ARROWS ? at + rtl * ARROWS[event.key]
      : event.key === 'Home' ? 0 : event.key === 'End' ? buttons.length - 1 : -1;
    if (to < 0 || to >= buttons.length) return;
    buttons[to].focus();
    event.preventDefault();
  };
}
