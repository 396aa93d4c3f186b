// Sentences with their word underlined, one of them selected and one to compare it with.
//
// In:  data = {rows, selected, second, label, rev, total}
//        rows   [{index, before, word, after, group, color, shape, label}], the first 300 are shown
//                 index    of the occurrence      before, after   [[text, whether the word again]]
//                 color, shape   of its group's marker: '#RRGGBB', Plotly's name of a symbol
//                 label    what a screen reader hears of it
//        selected, second  indices or null; taken again when `rev` changes
//        total  how many there are in all, if more than rows
// Out: trigger value 'pick' = the index of a row that was pressed
//      trigger value 'second' = the index to compare with, by its small button or a press with the
//      shift key; null to compare no longer
//
// The browser owns both choices while the reader presses; the list is rebuilt only when its text
// changes, so that focus and scroll stay.

const MOST = 300;
const SHAPES = {
  circle: 'M8 2a6 6 0 1 0 .01 0z',
  'circle-open': 'M8 2a6 6 0 1 0 .01 0z',
  square: 'M3 3h10v10H3z',
  diamond: 'M8 1l7 7-7 7-7-7z',
  cross: 'M6 2h4v4h4v4h-4v4H6v-4H2V6h4z',
  'triangle-up': 'M8 2l7 12H1z',
  x: 'M4 1.5L8 5.5l4-4L14.5 4l-4 4 4 4-2.5 2.5-4-4-4 4L1.5 12l4-4-4-4z',
  'triangle-down': 'M8 14L1 2h14z',
  pentagon: 'M8 1.5l6.7 4.9-2.6 7.8H3.9L1.3 6.4z',
};

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function marker() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  return svg;
}

function paintMarker(svg, { color, shape }) {
  const path = svg.firstElementChild;
  const open = shape.endsWith('-open');
  path.setAttribute('d', SHAPES[shape] ?? SHAPES.circle);
  path.setAttribute('fill', open ? 'none' : color);
  path.setAttribute('stroke', color);
  path.setAttribute('stroke-width', open ? 2.5 : 0.5);
}

function runs(text, parts) {
  parts.forEach(([shown, again]) => text.append(again ? element('u', '', shown) : shown));
}

function build(list, rows) {
  list.replaceChildren();
  rows.forEach((row, at) => {
    const press = element('button', 'row');
    press.type = 'button';
    press.tabIndex = at === 0 ? 0 : -1;
    const text = element('span', 'text');
    text.dir = 'auto';
    runs(text, row.before);
    text.append(element('strong', '', row.word));
    runs(text, row.after);
    press.append(marker(), element('span', 'number', row.index + 1), text, element('span', 'heard'));
    const compare = element('button', 'compare', 'compare');
    compare.type = 'button';
    compare.tabIndex = -1;
    const item = element('li');
    item.append(press, compare);
    list.append(item);
  });
}

function reveal(list, item) {
  const outer = list.getBoundingClientRect();
  const inner = item.getBoundingClientRect();
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    list.scrollTop += inner.top - outer.top - 4;
  }
}

export default function ({ data, setTriggerValue, parentElement }) {
  const root = parentElement.querySelector('.sentences');
  const list = root.querySelector('ul');
  const rows = data.rows.slice(0, MOST);
  const total = data.total ?? data.rows.length;
  list.setAttribute('aria-label', data.label);
  root.querySelector('.note').textContent = total > rows.length
    ? `${rows.length.toLocaleString('en')} of ${total.toLocaleString('en')} sentences are listed.` : '';
  const signature = JSON.stringify(rows.map(({ index, before, word, after }) => [index, before, word, after]));
  if (root.signature !== signature) {
    build(list, rows);
    root.signature = signature;
    root.rev = undefined;
  }
  const news = root.rev !== data.rev;
  if (news) {
    root.rev = data.rev;
    root.selected = data.selected ?? null;
    root.second = data.second ?? null;
  }
  const items = [...list.children];

  const paint = () => items.forEach((item, at) => {
    const row = rows[at];
    const [press, compare] = item.children;
    const chosen = row.index === root.selected;
    const second = row.index === root.second;
    if (chosen) press.setAttribute('aria-current', 'true'); else press.removeAttribute('aria-current');
    press.classList.toggle('second', second && !chosen);
    compare.disabled = chosen || root.selected === null;
    compare.setAttribute('aria-pressed', second ? 'true' : 'false');
    compare.setAttribute('aria-label', `compare with sentence ${row.index + 1}`);
    paintMarker(press.firstElementChild, row);
    press.title = row.group;
    press.lastElementChild.textContent = `, ${row.label}${second ? ', compared' : ''}`;
  });
  const stop = (item) => items.forEach((other) => {
    other.firstElementChild.tabIndex = other === item ? 0 : -1;
    other.lastElementChild.tabIndex = other === item ? 0 : -1;
  });
  const pick = (index) => {
    if (root.second === index) root.second = null;
    root.selected = index;
    paint();
    setTriggerValue('pick', index);
  };
  const compareWith = (index) => {
    if (root.selected === null || index === root.selected) { pick(index); return; }
    root.second = root.second === index ? null : index;
    paint();
    setTriggerValue('second', root.second);
  };
  paint();
  if (news) {
    const item = items[rows.findIndex((row) => row.index === root.selected)];
    if (item) {
      reveal(list, item);
      requestAnimationFrame(() => reveal(list, item)); // rows not drawn before have their height now
      if (!list.contains(list.getRootNode().activeElement)) stop(item);
    }
  }

  list.onclick = (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    const { index } = rows[items.indexOf(button.closest('li'))];
    if (button.matches('.compare') || event.shiftKey) compareWith(index); else pick(index);
  };
  list.onmousedown = (event) => { if (event.shiftKey) event.preventDefault(); }; // marks no text
  root.entered = (event) => stop(event.target.closest('li'));
  if (!root.listening) { // has no on... property
    root.listening = true;
    list.addEventListener('focusin', (event) => root.entered(event));
  }
  // One stop for Tab, and one for its compare button; the arrows, Home and End move along.
  list.onkeydown = (event) => {
    const item = event.target.closest('li');
    const at = items.indexOf(item);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    const side = { ArrowRight: 1, ArrowLeft: 0 }[event.key];
    const target = side !== undefined ? item.children[side]
      : items[to]?.children[event.target.matches('.compare') && !items[to].children[1].disabled ? 1 : 0];
    if (!target || target.disabled) return;
    target.focus();
    event.preventDefault();
  };
}
