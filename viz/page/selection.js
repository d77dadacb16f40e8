// The box that is looked at: by pointer, by key, or chosen with a click.

const panel = document.getElementById("panel");
const tooltip = document.getElementById("tooltip");
const LONGEST = 40; // entries of a list in the panel

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function isolated(text) {
  return element("bdi", { textContent: text });
}

function table(rows) {
  const lines = rows.map(([name, text]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", textContent: name }),
      element("td", {}, isolated(text)),
    ),
  );
  return element("table", {}, element("tbody", {}, ...lines));
}

function linkTo(box) {
  const link = element("button", { className: "link", textContent: box.name });
  link.addEventListener("click", () => choose(box, { focus: true }));
  return link;
}

function section(title, entries) {
  if (!entries.length) return [];
  const more = entries.length - LONGEST;
  const items = entries.slice(0, LONGEST).map((entry) => element("li", {}, ...entry));
  if (more > 0) items.push(element("li", { textContent: `and ${more} more` }));
  return [element("h3", { textContent: title }), element("ul", {}, ...items)];
}

function formula(text) {
  return element("span", { className: "formula", textContent: text });
}

function termEntry({ edge, amount }, scene, box) {
  if (edge === null) {
    const from = box.root && amount === 1 ? "as the root" : "from elsewhere";
    return [from, formula(exact(amount))];
  }
  return [
    "from ",
    linkTo(scene.boxes[edge.head]),
    formula(product(edge, scene, exact)),
  ];
}

function localEntry(edge, scene) {
  const tail = scene.boxes[edge.tail];
  const local =
    edge.bundle ?? (edge.local === null ? "no gradient flows" : exact(edge.local));
  return ["by ", linkTo(tail), formula(local)];
}

function sourceParts(value) {
  if (!value?.source) return [];
  const [place, line] = value.source;
  return [
    element("h3", { textContent: "Source" }),
    isolated(place),
    element("pre", { textContent: line }),
  ];
}

function openButton(box) {
  if (box.value || current.place + 1 >= page.scenes.length) return [];
  const button = element("button", { className: "wide", textContent: "Open modules" });
  button.addEventListener("click", () => showScene(current.place + 1, box));
  return [button];
}

function factsOf(box, scene, position) {
  const gradient = gradientAt(box, position);
  const state = gradient === null ? "not yet" : exact(gradient);
  const final = position === scene.last ? gradientText(box, gradient) : state;
  if (!box.value) {
    return [["holds", box.rows[1].join(" ")], ...(final ? [["|grad| ≤", final]] : [])];
  }
  const data = box.computedAt <= position ? exact(box.value.data) : "not yet";
  const scope = box.value.scope ? [["module", box.value.scope]] : [];
  const facts = [["data", data], ...(final ? [["grad", final]] : [])];
  return [...facts, ["box", `n${box.id}`], ...scope];
}

// What backward() left counts, once the passes have played to their end.
function gradientText(box, gradient) {
  const left = box.value?.grad;
  if (left !== null && left !== undefined) return exact(left);
  if (gradient !== null) return exact(gradient);
  const row = box.rows.find((cells, r) => ["grad", "note"].includes(roleOf(cells, r)));
  return row ? row.join(" ") : "";
}

function closeButton() {
  const close = element("button", { className: "close", textContent: "×" });
  close.setAttribute("aria-label", "Close the details");
  close.addEventListener("click", () => choose(null));
  return close;
}

function gradientTitle(box, count) {
  if (!box.value) return "Gradients handed to it, up to";
  return count > 1 ? "Gradient, a sum of" : "Gradient";
}

function showPanel(box) {
  const { scene, position } = current;
  panel.hidden = !box;
  if (!box) return;
  const terms = arrivedBy(box, position).map((term) => termEntry(term, scene, box));
  const users = box.outs.map((edge) => [linkTo(scene.boxes[edge.head])]);
  panel.replaceChildren(
    closeButton(),
    element("h2", { dir: "auto", textContent: box.name }),
    element("p", { className: "kind" }, isolated(kindOf(box))),
    ...(box.ill ? [element("p", { className: "ill", textContent: box.ill })] : []),
    ...openButton(box),
    table(factsOf(box, scene, position)),
    ...sourceParts(box.value),
    ...section(gradientTitle(box, terms.length), terms),
    ...section(
      "Local derivatives",
      box.ins.map((edge) => localEntry(edge, scene)),
    ),
    ...section("Used by", users),
  );
}

function highlight(box) {
  const { scene } = current;
  graph.classList.toggle("looking", Boolean(box));
  for (const thing of current.lit) thing.element.classList.remove("lit");
  current.lit = [];
  if (!box) return;
  for (const side of ["ins", "outs"]) {
    const { boxes, edges } = reached(scene, box, side);
    boxes.forEach((id) => current.lit.push(scene.boxes[id]));
    edges.forEach((id) => current.lit.push(scene.edges[id]));
  }
  for (const thing of current.lit) thing.element.classList.add("lit");
}

function refresh() {
  highlight(current.hovered ?? current.chosen);
  showPanel(current.chosen);
}

function choose(box, { focus = false } = {}) {
  const before = current.chosen;
  before?.element.classList.remove("chosen");
  before?.element.setAttribute("aria-selected", "false");
  Object.assign(current, { chosen: box, hovered: null });
  box?.element.classList.add("chosen");
  box?.element.setAttribute("aria-selected", "true");
  if (box) rove(box);
  refresh();
  if (box && focus) {
    reveal(box);
    box.element.focus({ preventScroll: true });
  }
}

// One box at a time can be reached with Tab from outside of the graph.
function rove(box) {
  current.roving?.element.setAttribute("tabindex", "-1");
  current.roving = box;
  box.element.setAttribute("tabindex", "0");
}

function thingAt(target) {
  const group = target.closest?.(".box, .edge");
  if (!group) return {};
  const id = Number(group.id.slice(1));
  const { boxes, edges } = current.scene;
  return group.matches(".box") ? { box: boxes[id] } : { edge: edges[id] };
}

function tooltipParts({ box, edge }) {
  const { scene, position } = current;
  if (edge) {
    const [head, tail] = [scene.boxes[edge.head].name, scene.boxes[edge.tail].name];
    const [arrow, local] = localEntry(edge, scene).slice(-2);
    const fired = edge.firedAt <= position && edge.local !== null;
    const lines = [arrow === "by " ? "" : local.textContent];
    if (fired) lines.push(product(edge, scene, exact));
    return [element("b", { textContent: `∂ ${head} / ∂ ${tail}` }), lines.join("\n")];
  }
  const facts = factsOf(box, scene, position).filter(([name]) => name !== "box");
  const lines = facts.map(([name, text]) => `${name} ${text}`);
  if (box.ill) lines.push(box.ill);
  const parts = [
    element("b", { dir: "auto", textContent: `${box.name} · ${kindOf(box)}` }),
    lines.join("\n"),
  ];
  if (box.value?.source) {
    const [place, line] = box.value.source;
    parts.push(`\n${place}\n`, element("code", { textContent: line.split("\n")[0] }));
  }
  return parts;
}

function placeTooltip(event) {
  const stage = document.getElementById("stage").getBoundingClientRect();
  const { offsetWidth, offsetHeight } = tooltip;
  const x = Math.min(event.clientX - stage.left + 16, stage.width - offsetWidth - 8);
  const below = event.clientY - stage.top + 18;
  const fits = below + offsetHeight < stage.height - 8;
  const y = fits ? below : event.clientY - stage.top - offsetHeight - 12;
  tooltip.style.transform = `translate(${Math.max(x, 8)}px, ${Math.max(y, 8)}px)`;
}

function hover(event) {
  const thing = event.buttons ? {} : thingAt(event.target);
  const over = thing.box ?? thing.edge ?? null;
  if (over !== current.over) {
    current.over = over;
    tooltip.hidden = !over;
    if (over) tooltip.replaceChildren(...tooltipParts(thing));
    if ((thing.box ?? null) !== current.hovered) {
      current.hovered = thing.box ?? null;
      highlight(current.hovered ?? current.chosen);
    }
  }
  if (over) placeTooltip(event);
}

graph.addEventListener("pointermove", hover);
graph.addEventListener("pointerleave", () => hover({ target: document }));
graph.addEventListener("focusin", (event) => {
  const { box } = thingAt(event.target);
  if (box && box !== current.chosen) choose(box);
  if (box) reveal(box);
});
graph.addEventListener("click", (event) => {
  const { box } = thingAt(event.target);
  if (box || event.target === graph) choose(box ?? null, { focus: Boolean(box) });
});
graph.addEventListener("dblclick", (event) => {
  const { box } = thingAt(event.target);
  if (box) openModule(box);
});
