// A Plotly figure that stays the same drawing while its data change, so that points travel.
//
// In:  data = {figure, script, label, name}
//        figure  {data, layout}     script  address of plotly.js on this server
//        label   what a screen reader hears     name  of a saved picture
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
  plotly(data.script).then(async (Plotly) => {
    await Plotly.react(box, data.figure.data, layout, config);
    if (box.listening) return;
    box.listening = true;
    box.on('plotly_click', ({ points }) => {
      const own = points.find((point) => point.customdata !== undefined);
      if (own) box.pressed(own.customdata);
    });
  }, (error) => { box.textContent = error.message; });
  return () => { if (window.Plotly && !box.isConnected) window.Plotly.purge(box); };
}
