// Every head as a small map, and one head in large: as a heatmap, or as lines between its tokens.
//
// In:  data = {units, layers, heads, weights, patterns, symbols, shown, rev, colours, font, script}
//        units    [{label, special}]         weights  base64 of layers × heads × units² uint16,
//                                                     65,535 being all of a row's attention
//        patterns [[layer's heads' names or null]]     symbols  {name: sign}
//        shown    {layer, head, view, row, column} counted from 0; taken when `rev` changes
//        colours  {scale: [[share, 'rgb(…)']], ink, paper, faint, line, mark}
// Out: state value 'shown', a moment after the last change
//
// All is drawn here from the same numbers, so that another head is there at once.

PLOT

const REST = 150; // milliseconds without a change before Python is told
const MOST = 65535;
const VIEWS = { heatmap: 'Heatmap', lines: 'Lines' };
const SVG = 'http://www.w3.org/2000/svg';

export default function ({ data, setStateValue, parentElement }) {
  const root = parentElement.querySelector('.attention');
  const [grid, title, plot, lines, readout, views] = ['.heads', '.title', '.plot', '.lines',
    '.readout', '.views'].map((one) => root.querySelector(one));
  const count = data.units.length;
  const weights = decoded(root, data.weights);
  if (root.rev !== data.rev) {
    root.rev = data.rev;
    root.shown = { ...data.shown };
  }
  const at = (layer, head) => (layer * data.heads + head) * count * count;
  const weight = (row, column) => weights[at(root.shown.layer, root.shown.head)
    + row * count + column] / MOST;

  function show(change) {
    Object.assign(root.shown, change);
    draw();
    clearTimeout(root.telling);
    root.telling = setTimeout(() => setStateValue('shown', { ...root.shown }), REST);
  }

  root.show = show;

  function drawGrid() {
    const wanted = `${data.layers} ${data.heads}`;
    if (grid.dataset.size !== wanted) {
      grid.dataset.size = wanted;
      grid.style.setProperty('--layers', data.layers);
      grid.style.setProperty('--cell', data.layers > 8 ? '1.8rem' : '2.45rem');
      grid.innerHTML = `<b aria-hidden="true">layer</b><span></span>${Array.from(
        { length: data.layers }, (_, layer) => `<span aria-hidden="true">${layer + 1}</span>`,
      ).join('')}`;
      for (let head = 0; head < data.heads; head += 1) {
        grid.insertAdjacentHTML('beforeend', `<span aria-hidden="true">${head + 1}</span>`);
        for (let layer = 0; layer < data.layers; layer += 1) {
          const button = document.createElement('button');
          button.type = 'button';
          button.append(document.createElement('canvas'), document.createElement('i'));
          grid.append(button);
        }
      }
    }
    const palette = colourTable(data.colours.scale);
    buttons().forEach((button, index) => {
      const [layer, head] = [index % data.layers, Math.floor(index / data.layers)];
      const pattern = data.patterns[layer][head];
      button.lastChild.textContent = pattern ? data.symbols[pattern] : '';
      button.setAttribute('aria-label',
        `Layer ${layer + 1}, head ${head + 1}${pattern ? `: ${pattern}` : ''}`);
      button.title = button.getAttribute('aria-label');
      button.onclick = () => show({ layer, head });
      button.onkeydown = (event) => move(event, layer, head);
      if (root.painted !== data.weights + data.colours.paper) {
        paint(button.firstChild, weights, at(layer, head), count, palette);
      }
    });
    root.painted = data.weights + data.colours.paper;
  }

  const buttons = () => grid.querySelectorAll('button');

  function move(event, layer, head) {
    const [across, down] = {
      ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
    }[event.key] ?? [0, 0];
    if (!across && !down) return;
    event.preventDefault();
    const next = {
      layer: Math.min(Math.max(layer + across, 0), data.layers - 1),
      head: Math.min(Math.max(head + down, 0), data.heads - 1),
    };
    show(next);
    buttons()[next.head * data.layers + next.layer].focus();
  }

  function draw() {
    const { layer, head, view } = root.shown;
    buttons().forEach((button, index) => {
      const current = index === head * data.layers + layer;
      button.toggleAttribute('aria-current', current);
      button.tabIndex = current ? 0 : -1;
    });
    const pattern = data.patterns[layer][head];
    title.textContent = `Layer ${layer + 1}, head ${head + 1}${pattern ? ` · ${pattern}` : ''}`;
    for (const radio of views.querySelectorAll('input')) radio.checked = radio.value === view;
    plot.hidden = view !== 'heatmap';
    lines.hidden = view !== 'lines';
    if (view === 'heatmap') drawFigure(plot, { ...data, figure: heatmap(), label: said(), name: 'attention' });
    else drawLinesOnce();
    readout.textContent = spoken();
  }

  // Not anew where nothing has changed: a token in focus would lose it.
  function drawLinesOnce() {
    const wanted = JSON.stringify([root.shown, data.units, data.colours, data.font]);
    if (root.lines === wanted && root.linesOf === weights) return;
    root.lines = wanted;
    root.linesOf = weights;
    drawLines(lines, data, root.shown, weight, (change) => root.show(change), said());
  }

  const said = () => `Attention of ${title.textContent}: rows look at columns; the table below `
    + 'has its numbers';

  function spoken() {
    const { row, column } = root.shown;
    const name = (index) => `“${data.units[index].label}”`;
    if (row === null && column === null) {
      return 'Press a cell or a token: what it looks at, and what looks at it.';
    }
    const best = (values) => values.map((value, index) => [value, index])
      .sort((one, other) => other[0] - one[0]).slice(0, 4)
      .map(([value, index]) => `${name(index)} ${percent(value)}`).join(', ');
    const all = [...Array(count).keys()];
    const parts = [];
    if (row !== null && column !== null) {
      parts.push(`${name(row)} gives ${name(column)} ${percent(weight(row, column))} of its attention.`);
    }
    if (row !== null) parts.push(`${name(row)} looks most at ${best(all.map((one) => weight(row, one)))}.`);
    if (column !== null) {
      parts.push(`${name(column)} is looked at most by ${best(all.map((one) => weight(one, column)))}.`);
    }
    return parts.join(' ');
  }

  function heatmap() {
    const { row, column } = root.shown;
    const all = [...Array(count).keys()];
    const labels = data.units.map(({ label }) => label.replace(/[<>&]/g,
      (sign) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' }[sign])));
    const axis = {
      tickvals: all, ticktext: labels, showgrid: false, zeroline: false, constrain: 'domain',
      fixedrange: true, automargin: true, showticklabels: count <= 70, tickfont: { size: count > 40 ? 9 : 12 },
    };
    const frame = (x0, x1, y0, y1) => [[data.colours.paper, 5], [data.colours.mark, 2.5]]
      .map(([color, width]) => ({ type: 'rect', x0, x1, y0, y1, line: { color, width } }));
    return {
      data: [{
        type: 'heatmap', z: all.map((one) => all.map((other) => Number(weight(one, other).toFixed(4)))),
        colorscale: data.colours.scale, zmin: 0, zmax: 1, xgap: count > 40 ? 0 : 1, ygap: count > 40 ? 0 : 1,
        customdata: all.map((one) => all.map((other) => `${labels[one]} → ${labels[other]}`)),
        hovertemplate: '%{customdata}: %{z:.1%}<extra></extra>',
        colorbar: { thickness: 12, tickformat: '.0%', len: 0.8, outlinewidth: 0 },
      }],
      layout: {
        height: 470, margin: { l: 8, r: 8, t: 8, b: 8 }, paper_bgcolor: 'rgba(0,0,0,0)',
        plot_bgcolor: 'rgba(0,0,0,0)', font: { family: data.font, size: 13, color: data.colours.ink },
        modebar: { bgcolor: data.colours.paper, color: data.colours.faint, activecolor: data.colours.ink },
        dragmode: false, uirevision: 'kept',
        xaxis: { ...axis, side: 'top', tickangle: -50, range: [-0.5, count - 0.5] },
        yaxis: { ...axis, range: [count - 0.5, -0.5], scaleanchor: 'x' },
        shapes: [
          ...(row === null ? [] : frame(-0.5, count - 0.5, row - 0.5, row + 0.5)),
          ...(column === null ? [] : frame(column - 0.5, column + 0.5, -0.5, count - 0.5)),
        ],
      },
    };
  }

  if (!views.querySelector('input')) {
    for (const [value, name] of Object.entries(VIEWS)) {
      const label = document.createElement('label');
      label.append(Object.assign(document.createElement('input'), { type: 'radio', name: 'view', value }), name);
      views.append(label);
    }
  }
  const all = root.querySelector('.all');
  if (!all.firstChild) all.append(...savers(all, 'Save all heads as'));
  all.save = (kind) => saved(
    gridSvg([...grid.querySelectorAll('canvas')], data), data, kind, 'attention-heads',
  );
  views.onchange = (event) => show({ view: event.target.value });
  plot.pressed = (_, { x, y }) => {
    const same = root.shown.row === y && root.shown.column === x;
    show(same ? { row: null, column: null } : { row: y, column: x });
  };
  drawGrid();
  draw();
  return () => {
    if (!root.isConnected) clearTimeout(root.telling);
    setTimeout(() => release(plot), 3000);
  };
}

function decoded(root, text) {
  if (root.text !== text) {
    root.text = text;
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    root.weights = new Uint16Array(bytes.buffer);
  }
  return root.weights;
}

const percent = (share) => (share >= 0.0995 ? `${(100 * share).toFixed(0)}%` : `${(100 * share).toFixed(1)}%`);

// 256 colours, [red, green, blue] each, from [[share, 'rgb(r,g,b)']].
function colourTable(scale) {
  const stops = scale.map(([share, colour]) => [share, colour.match(/\d+/g).map(Number)]);
  return Array.from({ length: 256 }, (_, at) => {
    const share = at / 255;
    const end = Math.max(1, stops.findIndex(([stop]) => stop >= share));
    const [[from, low], [to, high]] = [stops[end - 1], stops[end]];
    const part = (share - from) / (to - from);
    return low.map((value, one) => Math.round(value + part * (high[one] - value)));
  });
}

// In a small map the square root is drawn: many small weights would all be dark.
function paint(canvas, weights, start, count, palette) {
  canvas.width = count;
  canvas.height = count;
  const context = canvas.getContext('2d');
  const image = context.createImageData(count, count);
  for (let cell = 0; cell < count * count; cell += 1) {
    const [red, green, blue] = palette[Math.round(255 * Math.sqrt(weights[start + cell] / MOST))];
    image.data.set([red, green, blue, 255], 4 * cell);
  }
  context.putImageData(image, 0, 0);
}

// Two columns of tokens, a line for every weight from 1% on; a pressed token keeps its own alone.
function drawLines(box, data, { row, column }, weight, show, label) {
  const count = data.units.length;
  const [step, wide, left, right] = [count > 40 ? 15 : 24, 460, 150, 310];
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${wide} ${count * step + 8}`);
  svg.setAttribute('role', 'group');
  svg.setAttribute('aria-label', label);
  const y = (index) => index * step + step / 2 + 4;
  const part = (name, attributes, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    svg.append(node);
    return node;
  };
  for (let from = 0; from < count; from += 1) {
    for (let to = 0; to < count; to += 1) {
      const share = weight(from, to);
      const chosen = (row === null || row === from) && (column === null || column === to);
      if (share >= 0.01 && chosen) {
        part('line', {
          x1: left + 6, y1: y(from), x2: right - 6, y2: y(to), stroke: data.colours.line,
          'stroke-opacity': Math.min(1, share + 0.04).toFixed(3), 'stroke-width': (1 + 3 * share).toFixed(2),
        });
      }
    }
  }
  data.units.forEach(({ label: name }, index) => {
    for (const [side, x, anchor, key] of [['left', left, 'end', 'row'], ['right', right, 'start', 'column']]) {
      const current = (key === 'row' ? row : column) === index;
      const text = part('text', {
        x, y: y(index), 'text-anchor': anchor, 'dominant-baseline': 'central', tabindex: 0,
        role: 'button', 'aria-pressed': current, class: side, fill: data.colours.ink,
        'font-size': step > 20 ? 14 : 11, 'font-family': data.font, 'font-weight': current ? 700 : 400,
        'aria-label': side === 'left' ? `${name}: what it looks at` : `${name}: what looks at it`,
      }, name.length > 18 ? `${name.slice(0, 17)}…` : name);
      const press = () => {
        show({ [key]: current ? null : index });
        box.querySelectorAll(`text.${side}`)[index].focus();
      };
      text.onclick = press;
      text.onkeydown = (event) => {
        if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); press(); }
      };
    }
  });
  if (!box.firstChild) box.append(document.createElement('div'), ...savers(box, 'Save as'));
  box.save = (kind) => saved(svg, data, kind, 'attention-lines');
  box.firstChild.replaceChildren(svg);
}

// Two buttons that call `box.save` with the kind of the file.
const savers = (box, action) => ['svg', 'png'].map((kind) => Object.assign(
  document.createElement('button'),
  { type: 'button', textContent: `${action} ${kind.toUpperCase()}`, onclick: () => box.save(kind) },
));

// All small maps with the numbers of their layers and heads.
function gridSvg(maps, data) {
  const svg = document.createElementNS(SVG, 'svg');
  const [cell, edge] = [46, 24];
  svg.setAttribute('viewBox', `0 0 ${edge + data.layers * cell} ${edge + data.heads * cell}`);
  const part = (name, attributes, text = '') => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.textContent = text;
    svg.append(node);
  };
  const number = { 'text-anchor': 'middle', 'font-size': 12, 'font-family': data.font, fill: data.colours.ink };
  maps.forEach((canvas, index) => {
    const [layer, head] = [index % data.layers, Math.floor(index / data.layers)];
    const [x, y] = [edge + layer * cell, edge + head * cell];
    if (!head) part('text', { ...number, x: x + cell / 2, y: edge - 8 }, layer + 1);
    if (!layer) part('text', { ...number, x: edge / 2, y: y + cell / 2 + 4 }, head + 1);
    part('image', {
      x: x + 1, y: y + 1, width: cell - 2, height: cell - 2, href: canvas.toDataURL(),
      style: 'image-rendering: pixelated',
    });
  });
  return svg;
}

// The drawing as a file, on the page's own ground.
async function saved(svg, data, kind, name) {
  const copy = svg.cloneNode(true);
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  for (const [key, value] of Object.entries({ xmlns: SVG, width, height })) copy.setAttribute(key, value);
  copy.style.background = data.colours.paper;
  const text = new XMLSerializer().serializeToString(copy);
  if (kind === 'svg') { save(`${name}.svg`, text, 'image/svg+xml'); return; }
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width: 3 * width, height: 3 * height });
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(`${name}.png`, blob, 'image/png'));
}
