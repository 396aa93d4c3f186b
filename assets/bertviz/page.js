// Around BertViz's own script in a page of ours: hands it d3, jQuery and its numbers when it asks,
// then names what it drew and lets a keyboard do what a mouse does.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const vis = document.getElementById("vis");
  const all = (selector) => [...vis.querySelectorAll(selector)];

  // Nested arrays from whole numbers of two bytes each; `per` of them are 1.
  function unpack({ shape, per, numbers }) {
    const bytes = Uint8Array.from(atob(numbers), (char) => char.charCodeAt(0));
    const whole = new Int16Array(bytes.buffer);
    let at = 0;
    const nest = (axis) => {
      const list = new Array(shape[axis]);
      for (let i = 0; i < list.length; i++) {
        list[i] = axis + 1 < shape.length ? nest(axis + 1) : whole[at++] / per;
      }
      return list;
    };
    return nest(0);
  }

  // What BertViz shows for each choice: rows of the one sentence, columns of the other.
  function choices() {
    const whole = [0, data.tokens.length], a = [0, data.b_start], b = [data.b_start, whole[1]];
    const sides = { all: [whole, whole], aa: [a, a], bb: [b, b], ab: [a, b], ba: [b, a] };
    const [attention, queries, keys] = ["attention", "queries", "keys"].map((name) => data[name] && unpack(data[name]));
    const rows = (layers, side) => layers?.map((heads) => heads.map((head) => head.slice(...side)));
    const cut = ([left, right]) => ({
      attn: rows(attention, left).map((heads) => heads.map((head) => head.map((row) => row.slice(...right)))),
      queries: rows(queries, left), keys: rows(keys, right),
      left_text: data.tokens.slice(...left), right_text: data.tokens.slice(...right),
    });
    const names = data.b_start === null ? ["all"] : Object.keys(sides);
    return Object.fromEntries(names.map((name) => [name, cut(sides[name])]));
  }

  // What BertViz drew that a mouse can do something with. Arrow keys move within a part.
  const tokens = (items, room, name = "Tokens that look; arrows move") => ({
    items, room, name, group: items[0]?.parentNode, role: "option",
    label: (item) => item.querySelector("text").textContent,
  });
  const heads = (items, group, role, label, columns = 1) => ({
    items, group, role, label, columns, name: "Heads; arrows move",
  });
  const PARTS = {
    head() {
      const squares = all("svg > g:not([id]) > rect"), top = squares[0].parentNode;
      if (top !== vis.firstChild.firstChild) vis.firstChild.prepend(top);  // first for the Tab key, too
      return [
        heads(squares, top, "checkbox", (_, at) => `Head ${at + 1}`),
        tokens(all("#left > g:not(.attentionBoxes) > g"), 97),
        tokens(all("#right > g:not(.attentionBoxes) > g"), null, "Tokens looked at; arrows move"),
      ];
    },
    model() {
      const maps = all(".attn_background").map((ground) => ground.parentNode);
      const label = (_, at) => `Layer ${data.layers[Math.floor(at / data.heads)]}, head ${at % data.heads + 1}`;
      const [left, right] = all("g.detail").filter((part) => part.querySelector("text"));
      if (right) [...right.children].forEach((item) => squeeze(item, 73));
      return [heads(maps, vis.firstChild, "button", label, data.heads), tokens([...left?.children ?? []], 73)];
    },
    neuron: () => ["#collapsed", "#expanded"].map((state) => tokens(all(`${state} #leftText > g`), 83)),
  };
  let parts = [];

  function dress() {
    parts = PARTS[data.view]().filter((part) => part.items.length);
    for (const { group, items, name, role, label, room } of parts) {
      group.setAttribute("role", role === "option" ? "listbox" : "group");
      group.setAttribute("aria-label", name);
      items.forEach((item, at) => {
        if (item.hasAttribute("role")) return;
        item.setAttribute("role", role);
        item.setAttribute("aria-label", label(item, at));
        item.setAttribute("tabindex", at ? -1 : 0);
        if (room) squeeze(item, room);
      });
    }
    tell();
  }

  // A long token is made narrow instead of running out of its place.
  function squeeze(item, room) {
    const text = item.querySelector("text");
    if (text.hasAttribute("textLength") || text.getComputedTextLength() <= room) return;
    text.setAttribute("textLength", room);
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    const full = document.createElementNS(text.namespaceURI, "title");
    full.textContent = text.textContent;
    item.prepend(full);
  }

  // What is on and what is off.
  function tell() {
    for (const { items, role } of parts) {
      items.forEach((item, at) => {
        if (role === "checkbox") {
          item.setAttribute("aria-checked", item.getAttribute("fill") === data.colours[at % data.colours.length]);
        } else if (role === "button") {
          item.setAttribute("aria-pressed", item.firstChild.getAttribute("stroke-opacity") > 0);
        } else item.setAttribute("aria-selected", item === document.activeElement);
      });
    }
  }

  const send = (item, type) => item.dispatchEvent(new MouseEvent(type, { bubbles: true, view: window }));

  function goTo(part, at) {
    part.items.forEach((item, i) => item.setAttribute("tabindex", i === at ? 0 : -1));
    part.items[at].focus();
  }

  function onKey(event) {
    const part = parts.find(({ items }) => items.includes(event.target));
    if (!part) return;
    const at = part.items.indexOf(event.target), last = part.items.length - 1, columns = part.columns ?? 1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: last };
    if (event.key in to) {
      if (to[event.key] >= 0 && to[event.key] <= last) goTo(part, to[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      send(event.target.lastElementChild ?? event.target, event.shiftKey ? "dblclick" : "click");
      const instead = parts.find((other) => getComputedStyle(other.items[0]).visibility === "visible");
      if (getComputedStyle(event.target).visibility === "hidden") goTo(instead, at);
    } else return;
    event.preventDefault();
  }

  // BertViz counts layers and heads from 0.
  function number() {
    const [layer, head] = ["layer", "att_head"].map((id) => document.getElementById(id));
    if (head) [...layer.options].forEach((option, at) => { option.textContent = data.layers[at]; });
    if (head) [...head.options].forEach((option, at) => { option.textContent = at + 1; });
  }

  function watch() {
    const inside = new MutationObserver(dress);
    const redrawn = () => { inside.disconnect(); inside.observe(vis.firstChild, { childList: true }); dress(); };
    new MutationObserver(redrawn).observe(vis, { childList: true });
    vis.addEventListener("keydown", onKey);
    for (const type of ["click", "dblclick"]) vis.addEventListener(type, tell);
    vis.addEventListener("focusin", (event) => { send(event.target, "mouseover"); tell(); });
    vis.addEventListener("focusout", (event) => { send(event.target, "mouseleave"); });
    redrawn();
  }

  window.bertviz_params = {
    attention: choices(), default_filter: "all", root_div_id: "bertviz", bidirectional: true,
    display_mode: data.dark ? "dark" : "light", layer: data.layer, head: data.head, heads: data.shown_heads,
    include_layers: data.layers, include_heads: Array.from({ length: data.heads }, (_, at) => at + 1),
    total_heads: Math.max(data.heads, 12),
  };
  window.requirejs = (names, draw) => {
    window.d3.schemeCategory10 = data.colours;
    draw(window.jQuery, window.d3);
    number();
    watch();
  };
  if (window.parent !== window) document.body.classList.add("framed");
})();
