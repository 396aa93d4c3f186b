// What parts with a Plotly figure share; `register` puts it in the place of the line PLOT.
//
// One drawing stays for all figures of a box, so that points travel. st.plotly_chart makes a new
// drawing for every figure: nothing can travel, zoom is lost, and a press in a figure in space is
// not reported.

// Without WebGL many points are drawn as shapes: slowly, but they are seen.
const WEBGL = Boolean(document.createElement('canvas').getContext('webgl'));
const STILL = matchMedia('(prefers-reduced-motion: reduce)');

// One for all parts of the page, each of which is a module of its own: a second plotly.js would take
// the drawings of the first for those of a stranger, and forget who listens to them.
function plotly(address) {
  window.plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.plotlyLoading = undefined;
      reject(new Error('The drawing library did not load; reload the page to try again.'));
    };
    document.head.append(script);
  });
  return window.plotlyLoading;
}

// Draw {figure, label, script, name} in `box`, `name` being that of a saved picture. What came
// between is skipped. A press on a point calls
// `box.pressed` with its customdata and itself.
function drawFigure(box, { figure, label, script, name }) {
  const layout = { ...figure.layout, autosize: true };
  if (STILL.matches) delete layout.transition;
  box.setAttribute('aria-label', label);
  box.style.minHeight = `${layout.height}px`;
  const traces = WEBGL ? figure.data : figure.data.map((trace) => (
    trace.type === 'scattergl' ? { ...trace, type: 'scatter' } : trace));
  const wanted = JSON.stringify([traces, layout]);
  if (box.wanted === wanted) return;
  box.wanted = wanted;
  box.ariaBusy = 'true';
  box.drawing = (box.drawing ?? Promise.resolve())
    .then(() => plotly(script))
    .then((Plotly) => {
      if (box.isConnected && box.wanted === wanted) {
        box.config ??= buttons(Plotly, name);
        return react(Plotly, box, traces, layout, box.config);
      }
    })
    .catch((error) => {
      box.wanted = undefined;
      if (box.isConnected) box.textContent = error.message;
    })
    .finally(() => { if (box.wanted === wanted || !box.wanted) box.ariaBusy = null; });
}

// The toolbar saves as SVG, sharp at any size, as PNG, for what cannot show SVG, and what is drawn as
// CSV and JSON. Nothing is sent anywhere: plotly.js would offer to. Made once for each box: with
// other functions in it, plotly.js draws all anew.
function buttons(Plotly, filename) {
  const button = (kind, click) => ({
    name: kind, title: `Save as ${kind.toUpperCase()}`, icon: { svg: iconOf(kind) }, click,
  });
  const picture = (format, scale) => button(format, (box) => (
    Plotly.downloadImage(box, { format, scale, filename })));
  const table = (format, written) => button(format, (box) => (
    save(`${filename}.${format}`, written(records(box)), `text/${format}`)));
  return {
    displaylogo: false, responsive: true, showSendToCloud: false, plotlyServerURL: '',
    modeBarButtonsToRemove: ['toImage', 'select2d', 'lasso2d', 'autoScale2d'],
    modeBarButtonsToAdd: [
      picture('svg', 1), picture('png', 3), table('csv', asCsv),
      table('json', (rows) => JSON.stringify(rows)),
    ],
  };
}

const iconOf = (kind) => '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 20"><text x="17" '
  + `y="15" font-size="13" text-anchor="middle" fill="currentColor">${kind.toUpperCase()}</text></svg>`;

// What a figure draws, a record for every cell of its heatmaps, else for every point.
function records({ data, layout }) {
  const maps = data.filter(({ type }) => type === 'heatmap');
  if (maps.length) return maps.flatMap((trace) => cells(trace, layout));
  return data.filter(({ hoverinfo }) => hoverinfo !== 'skip').flatMap((trace) => (
    [...(trace.x ?? [])].map((x, at) => ({
      group: plainText(trace.name ?? ''), x: named(layout.xaxis, x), y: named(layout.yaxis, trace.y[at]),
      ...(trace.z ? { z: trace.z[at] } : {}), text: textAt(trace, at),
    }))));
}

const cells = (trace, layout) => trace.z.flatMap((row, y) => [...row].map((value, x) => ({
  row: named(layout.yaxis, trace.y?.[y] ?? y), column: named(layout.xaxis, trace.x?.[x] ?? x), value,
  text: plainText(trace.text?.[y]?.[x] ?? trace.hovertext?.[y]?.[x] ?? ''),
})));

const textAt = ({ text, hovertext }, at) => {
  const said = hovertext ?? text ?? '';
  return plainText(Array.isArray(said) ? said[at] ?? '' : said);
};

// The tick's words for a place on an axis that has words; else the place itself.
function named(axis, value) {
  const at = axis?.tickvals?.indexOf(value) ?? -1;
  return at < 0 || !axis.ticktext ? value : plainText(axis.ticktext[at]);
}

const plainText = (html) => new DOMParser().parseFromString(
  String(html).replaceAll('<br>', ' | '), 'text/html',
).body.textContent.trim();

// Cells that a spreadsheet would run are made text.
function asCsv(rows) {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value) => {
    const text = typeof value === 'string' && /^[=+\-@\t\r]./.test(value) ? `'${value}` : String(value ?? '');
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function save(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function react(Plotly, box, traces, layout, config) {
  await Plotly.react(box, traces, layout, config);
  if (box.listening) return;
  box.listening = true;
  box.on('plotly_click', ({ points }) => {
    const own = points.find((point) => point.customdata !== undefined);
    if (own) box.pressed(own.customdata, own);
  });
}

// What is still moving when a figure goes away needs the drawing a moment longer: call this then.
function release(box) {
  if (!box.isConnected && box.listening) window.Plotly.purge(box);
}
