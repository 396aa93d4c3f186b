// Words and their probabilities as bars; every bar is a button.
//
// In:  data = {title, label, rows: [{word, share, value, note, kind, name, pick, current}], disabled}
//        share  length of the bar, 0 to 1     kind  guess | true | asked     gap  a line above
// Out: trigger value 'pick' = the row's own `pick`

export default function ({ data, setTriggerValue, parentElement }) {
  const figure = parentElement.querySelector('.figure');
  figure.querySelector('h2').textContent = data.title;
  figure.setAttribute('aria-label', data.label);
  const list = figure.querySelector('ol');
  while (list.children.length > data.rows.length) list.lastElementChild.remove();
  // Room beside the longest bar for its number, and for the note of a bar nearly as long.
  const room = data.rows.some((row) => row.note && row.share > 0.5) ? 'min(13rem, 48%)' : '4.5rem';
  data.rows.forEach((row, at) => {
    if (!list.children[at]) {
      const item = document.createElement('li');
      item.innerHTML = '<button type="button"><span class="word"></span><span class="track">'
        + '<span class="bar"></span><span class="value"></span></span></button>';
      list.append(item);
    }
    const item = list.children[at];
    item.className = `${row.kind}${row.gap ? ' gap' : ''}`;
    const button = item.firstElementChild;
    const [word, bar, value] = ['.word', '.bar', '.value'].map((one) => button.querySelector(one));
    word.textContent = row.word;
    bar.style.width = `calc(${row.share} * (100% - ${room}))`;
    bar.hidden = row.share === null;
    value.textContent = row.value;
    if (row.note) {
      const note = document.createElement('span');
      note.className = 'note';
      note.textContent = ` ${row.note}`;
      value.append(note);
    }
    button.disabled = row.pick === null;
    button.setAttribute('aria-label', row.name);
    if (row.current) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
    button.onclick = () => setTriggerValue('pick', row.pick);
  });
}
