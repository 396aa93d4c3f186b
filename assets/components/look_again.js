// Asks Python for another run, once, a while after this one was drawn.
//
// In:  data = {seconds, asked}: another `asked`, another time
// Out: trigger value 'again'

export default function ({ data, setTriggerValue }) {
  const timer = setTimeout(() => setTriggerValue('again', data.asked), data.seconds * 1000);
  return () => clearTimeout(timer);
}
