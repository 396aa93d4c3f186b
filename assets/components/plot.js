// A Plotly figure that stays the same drawing while its data change, so that points travel.
//
// In:  data = {figure, script, label, name}
//        figure  {data, layout}     script  address of plotly.js on this server
//        label   what a screen reader hears
//        name    of a saved picture
// Out: trigger value 'pick' = the `customdata` of the point that was pressed, in space too

PLOT

export default function ({ data, setTriggerValue, parentElement }) {
  const box = parentElement.querySelector('.plot');
  box.pressed = (customdata) => setTriggerValue('pick', customdata);
  drawFigure(box, data);
  return () => setTimeout(() => release(box), 3000);
}
