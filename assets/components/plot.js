// A Plotly figure that stays the same drawing while its data change, so that points travel.
//
// In:  data = {figure, script, label, name}
//        figure  {data, layout}     script  address of plotly.js on this server
//        label   what a screen reader hears
//        name    of a saved picture; always the same, since another would draw all anew
// Out: trigger value 'pick' = the `customdata` of the point that was pressed, in space too
//
// st.plotly_chart makes a new drawing for every figure: nothing can travel, zoom is lost, and a
// press in a figure in space is not reported.

const STILL = matchMedia('(prefers-reduced-motion: reduce)');
let loading;

function plotly(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = undefined;
      reject(new Error('The drawing library did not load; reload the page to try again.'));
    };
    document.head.append(script);
  });
  return loading;
}

export default function ({ data, setTriggerValue, parentElement }) {
  const box = parentElement.querySelector('.plot');
  const layout = { ...data.figure.layout, autosize: true };
  const config = {
    displaylogo: false,
    responsive: true,
    toImageButtonOptions: { format: 'svg', filename: data.name },
  };
  box.setAttribute('aria-label', data.label);
  box.style.minHeight = `${layout.height}px`;
  if (STILL.matches) delete layout.transition;
  box.pressed = (customdata) => setTriggerValue('pick', customdata);
  box.wanted = () => draw(box, data, layout, config);
  box.drawing = (box.drawing ?? Promise.resolve()).then(() => box.isConnected && box.wanted())
    .catch((error) => { if (box.isConnected) box.textContent = error.message; });
  // What is still moving when the figure goes away needs the drawing a moment longer.
  return () => setTimeout(() => {
    if (!box.isConnected && box.listening) window.Plotly.purge(box);
  }, 3000);
}

async function draw(box, data, layout, config) {
  const Plotly = await plotly(data.script);
  await Plotly.react(box, data.figure.data, layout, config);
  if (box.listening) return;
  box.listening = true;
  box.on('plotly_click', ({ points }) => {
    const own = points.find((point) => point.customdata !== undefined);
    if (own) box.pressed(own.customdata);
  });
}
