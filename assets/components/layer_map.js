// A map whose layers and colours are all here, so that another one is drawn without asking.
//
// In:  data = {figures, layout, hovers, layers, colours, shown, rev, script, name}
//        figures  {colour: {layer: {traces, label}}}; one that is missing comes with a later run.
//                 A trace with `members` has ids, customdata and hover texts by these numbers
//        layout   of all figures       hovers   hover text of every occurrence
//        layers   what each layer is called, from 0 up
//        colours  [[colour, name, whether it can be chosen]]
//        shown    {layer, colour} as Python has it; taken when `rev` is another than before
// Out: state value 'shown' = {layer, colour}, a moment after the last change
//      trigger value 'pick' = the `customdata` of the point that was pressed

PLOT

const REST = 120; // milliseconds without a change before Python is told
const STEP = 1300; // milliseconds for each layer while playing

export default function ({ data, setStateValue, setTriggerValue, parentElement }) {
  const root = parentElement.querySelector('.layer-map');
  const plot = root.querySelector('.plot');
  const [slider, play, radios] = ['input[type=range]', '.play', '.colours']
    .map((one) => root.querySelector(one));
  const last = data.layers.length - 1;
  if (root.rev !== data.rev) {
    root.rev = data.rev;
    root.shown = { ...data.shown };
    stop();
  }

  function show(change) {
    Object.assign(root.shown, change);
    draw();
    clearTimeout(root.telling);
    root.telling = setTimeout(() => setStateValue('shown', { ...root.shown }), REST);
  }

  function draw() {
    const { layer, colour } = root.shown;
    slider.value = layer;
    slider.setAttribute('aria-valuetext', data.layers[layer]);
    root.querySelector('.layer b').textContent = data.layers[layer];
    for (const radio of radios.querySelectorAll('input')) radio.checked = radio.value === colour;
    const figure = data.figures[colour]?.[layer];
    root.toggleAttribute('aria-busy', !figure);
    if (figure) drawFigure(plot, { ...data, figure: whole(figure), label: figure.label });
  }

  function whole({ traces }) {
    const texts = data.hovers;
    return {
      layout: data.layout,
      data: traces.map(({ members, ...trace }) => (members
        ? { ...trace, ids: members.map(String), customdata: members.map((at) => [at]),
          hovertext: members.map((at) => texts[at]) }
        : trace)),
    };
  }

  function stop() {
    clearInterval(root.playing);
    root.playing = null;
    play.textContent = 'Play';
  }

  function step() {
    if (root.shown.layer < last) show({ layer: root.shown.layer + 1 });
    if (root.shown.layer === last) stop();
  }

  root.step = step; // the interval outlives this run and has to use the newest data
  slider.max = last;
  slider.oninput = () => { stop(); show({ layer: Number(slider.value) }); };
  play.disabled = last === 0;
  play.onclick = () => {
    if (root.playing) { stop(); return; }
    if (root.shown.layer === last) show({ layer: 0 });
    play.textContent = 'Stop';
    root.playing = setInterval(() => root.step(), STEP);
  };
  const names = JSON.stringify(data.colours);
  if (radios.dataset.names !== names) {
    radios.dataset.names = names;
    radios.querySelectorAll('label').forEach((label) => label.remove());
    for (const [colour, name, enabled] of data.colours) {
      const label = document.createElement('label');
      const radio = Object.assign(document.createElement('input'), {
        type: 'radio', name: 'colour', value: colour, disabled: !enabled,
      });
      label.append(radio, name);
      radios.append(label);
    }
  }
  radios.onchange = (event) => show({ colour: event.target.value });
  plot.pressed = (customdata) => setTriggerValue('pick', customdata);
  draw();
  return () => {
    if (!root.isConnected) { stop(); clearTimeout(root.telling); }
    setTimeout(() => release(plot), 3000);
  };
}
