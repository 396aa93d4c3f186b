// Tokens as chips, the text they come from, and which belongs to which, both ways.
//
// In:  data = {tokens, texts, hidden, selected, rev, label}
//        tokens    [{token, id, position, segment, word, kind, said}]   kind: '' | special | unknown
//                  word: chips of one word touch       said: where it comes from, in words
//        texts     [{label, runs: [[shown, [position, ...]], ...]}]
//        hidden    the texts are not shown
//        selected  positions marked at first; taken again when `rev` changes
// Out: trigger value 'pick' = the position of a token that was pressed, in the chips or the text
//
// The browser owns what is marked: pointing and the keyboard's focus mark at once, a press stays.

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
const MOST_SAID = 8;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function chip({ token, id, position, segment, kind }, at) {
  const button = element('button', `chip ${kind}`);
  button.type = 'button';
  button.dataset.at = at;
  button.tabIndex = at === 0 ? 0 : -1;
  const name = element('span', 'token');
  name.dir = 'auto';
  if (token.startsWith('##') && token.length > 2) name.append(element('span', 'hash', '##'), token.slice(2));
  else name.append(token);
  button.append(name, element('span', 'id', id), element('span', 'place', position),
    element('span', 'segment', segment));
  button.setAttribute('aria-label', `${token}, id ${id}, position ${position}, segment ${segment}`);
  return button;
}

function legend() {
  const item = element('li');
  const rows = element('span', 'legend');
  rows.append(element('span', 'token', 'token'), element('span', '', 'id'),
    element('span', '', 'position'), element('span', '', 'segment'));
  item.setAttribute('aria-hidden', 'true');
  item.append(rows);
  return item;
}

function buildChips(list, tokens) {
  list.replaceChildren(legend());
  tokens.forEach((token, at) => {
    if (at === 0 || token.word !== tokens[at - 1].word) list.append(element('li'));
    list.lastElementChild.append(chip(token, at));
  });
}

function buildTexts(box, texts) {
  box.replaceChildren();
  texts.forEach(({ label, runs }) => {
    const source = element('p', 'source');
    source.dir = 'auto';
    source.setAttribute('role', 'group');
    source.setAttribute('aria-label', label);
    runs.forEach(([shown, positions]) => {
      if (!positions.length) { source.append(shown); return; }
      const run = element('span', 'run', shown);
      run.setAttribute('role', 'button');
      run.dataset.tokens = positions.join(' ');
      run.tabIndex = source.querySelector('.run') ? -1 : 0;
      source.append(run);
    });
    const text = element('div', 'text');
    text.append(element('p', 'label', label), source);
    box.append(text);
  });
}

function positionsOf(target) {
  const one = target?.closest?.('.chip, .run');
  if (!one) return null;
  return (one.dataset.tokens ?? one.dataset.at).split(' ').map(Number);
}

function scrollInside(box, one) {
  if (!one || box.scrollHeight <= box.clientHeight) return;
  const outer = box.getBoundingClientRect();
  const inner = one.getBoundingClientRect();
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    box.scrollTop += inner.top - outer.top - box.clientHeight / 3;
  }
}

function say(readout, { tokens, hidden }, marked) {
  readout.replaceChildren();
  if (!marked.length) readout.append(`Point at a token${hidden ? '' : ', or at the text'}. A press keeps it marked.`);
  marked.slice(0, MOST_SAID).forEach((at, nth) => {
    const name = element('bdi', '', tokens[at].token);
    name.dir = 'auto';
    readout.append(nth ? ' · ' : '', name, `: ${tokens[at].said}`);
  });
  if (marked.length > MOST_SAID) readout.append(` · and ${marked.length - MOST_SAID} more`);
}

export default function ({ data, setTriggerValue, parentElement }) {
  const root = parentElement.querySelector('.rows');
  const list = root.querySelector('ul');
  const box = root.querySelector('.texts');
  const readout = root.querySelector('.readout');
  list.setAttribute('aria-label', data.label);
  box.hidden = data.hidden;
  const signature = JSON.stringify([data.tokens, data.texts]);
  if (root.signature !== signature) {
    buildChips(list, data.tokens);
    buildTexts(box, data.texts);
    const first = box.querySelector('.source');
    list.dir = first ? getComputedStyle(first).direction : 'ltr';
    root.signature = signature;
    root.rev = undefined;
  }
  const news = root.rev !== data.rev;
  if (news) {
    root.rev = data.rev;
    root.selected = data.selected;
  }
  const chips = [...list.querySelectorAll('.chip')];
  const runs = [...box.querySelectorAll('.run')];
  const owners = runs.map((run) => run.dataset.tokens.split(' ').map(Number));

  // Marks tokens and their text; `reveal` is where they are scrolled into sight: chips, text, both.
  const mark = (marked, reveal = '') => {
    const on = new Set(marked);
    const kept = new Set(root.selected);
    const paint = (one, lit, pressed) => {
      one.classList.toggle('on', lit);
      one.setAttribute('aria-pressed', pressed ? 'true' : 'false');
    };
    chips.forEach((one, at) => paint(one, on.has(at), kept.has(at)));
    runs.forEach((one, at) => paint(one, owners[at].some((p) => on.has(p)),
      owners[at].some((p) => kept.has(p))));
    if (reveal === 'text' || reveal === 'both') {
      box.querySelectorAll('.source').forEach((text) => scrollInside(text, text.querySelector('.on')));
    }
    if (reveal === 'chips' || reveal === 'both') scrollInside(list, list.querySelector('.on'));
    say(readout, data, marked);
  };
  const other = (target) => (target.closest('.run') ? 'chips' : 'text');
  const point = (event) => {
    const marked = positionsOf(event.target);
    if (marked) mark(marked, other(event.target));
  };
  const press = (target) => {
    const marked = positionsOf(target);
    if (!marked) return;
    const again = marked.join() === root.selected.join();
    root.selected = again ? [] : marked;
    mark(root.selected, other(target));
    if (!again) setTriggerValue('pick', marked[0]);
  };
  mark(root.selected, news ? 'both' : '');

  root.onpointerover = point;
  root.onpointerleave = () => mark(root.selected);
  root.onclick = (event) => press(event.target);
  root.left = () => mark(root.selected);
  // One stop for Tab in the chips and one in each text; the arrows, Home and End move along.
  const line = (target) => {
    const group = target.closest('ul, .source');
    return group ? [...group.querySelectorAll('.chip, .run')] : [];
  };
  root.entered = (event) => {
    line(event.target).forEach((one) => { one.tabIndex = one === event.target ? 0 : -1; });
    point(event);
  };
  if (!root.listening) { // these two have no on... property
    root.listening = true;
    root.addEventListener('focusin', (event) => root.entered(event));
    root.addEventListener('focusout', () => root.left());
  }
  root.onkeydown = (event) => {
    const all = line(event.target);
    const at = all.indexOf(event.target);
    if (at < 0) return;
    if (event.target.matches('.run') && (event.key === 'Enter' || event.key === ' ')) {
      press(event.target);
      event.preventDefault();
      return;
    }
    const rtl = getComputedStyle(event.target.parentElement).direction === 'rtl' ? -1 : 1;
    const to = event.key in STEPS ? at + rtl * STEPS[event.key]
      : event.key === 'Home' ? 0 : event.key === 'End' ? all.length - 1 : -1;
    if (to < 0 || to >= all.length) return;
    all[to].focus();
    event.preventDefault();
  };
}
