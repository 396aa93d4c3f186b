// Asks Python for another run when the page has got another ground: its figures have the old one's
// colours.
//
// Out: trigger value 'changed'

export default function ({ parentElement, setTriggerValue }) {
  const own = parentElement.host ?? parentElement;
  const ground = () => getComputedStyle(own).getPropertyValue('--st-background-color');
  const drawn = ground();
  const timer = setInterval(() => {
    if (ground() === drawn) return;
    clearInterval(timer);
    setTriggerValue('changed', ground());
  }, 500);
  return () => clearInterval(timer);
}
