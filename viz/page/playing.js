// The passes, step by step: what is computed so far, and the gradients so far.

const slider = document.getElementById("slider");
const playButton = document.getElementById("play");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let timer = null;

function dataText(box, position) {
  return box.computedAt <= position ? number(box.value.data) : "…";
}

// In the order in which the terms arrive, which is not that of the picture.
function sumText(arrived) {
  const total = number(arrived.at(-1).total);
  const terms = arrived.map((arrival) => arrival.amount);
  return terms.length > 1 && terms.length <= 4 ? `${total} = ${sum(terms)}` : total;
}

function gradText(box, position, scene) {
  const arrived = arrivedBy(box, position);
  const ended = position === scene.last;
  if (arrived.length && !(ended && page.ran && box.value.grad === null)) {
    return sumText(arrived);
  }
  if (!ended) return "…";
  const row = box.rows.find((cells, r) => roleOf(cells, r) === "grad").join(" ");
  return row.startsWith("grad ") ? row.slice("grad ".length) : "not run";
}

function sizeText(box, position, scene) {
  const row = box.rows.find((cells, r) => roleOf(cells, r) === "size");
  if (position === scene.last) return row.join(" ").slice("|grad| up to ".length);
  const gradient = gradientAt(box, position);
  return gradient === null ? "…" : number(gradient);
}

// Returns whether the text is new, and so may have become too wide.
function setText(text, content) {
  if (text.textContent === content) return false;
  text.textContent = content;
  text.removeAttribute("textLength");
  return true;
}

const WRITTEN = { data: dataText, grad: gradText, size: sizeText };

// Returns the texts that changed, each with its box.
function updateTexts(box, position, scene) {
  const changed = Object.entries(box.texts).filter(([role, text]) =>
    setText(text, WRITTEN[role](box, position, scene)),
  );
  return changed.map(([, text]) => [text, box]);
}

function updateBox(box, position, scene, step) {
  const waiting = box.computedAt > position;
  const ended = position === scene.last;
  const bare = !ended && gradientAt(box, position) === null;
  const receiving = box.arrivals.some((arrival) => arrival.at === position);
  const active = step.box === box.id;
  const classes = { waiting, bare, receiving: receiving && !ended, active };
  mark(
    box,
    Object.keys(classes).filter((name) => classes[name]),
  );
}

function updateEdge(edge, position, scene, step) {
  const waiting = scene.boxes[edge.head].computedAt > position;
  const bare = position < scene.last && edge.firedAt > position;
  const computes = step.phase === "forward" && edge.head === step.box;
  const active = edge.firedAt === position || computes;
  const classes = { waiting, bare, active: active && position < scene.last };
  mark(
    edge,
    Object.keys(classes).filter((name) => classes[name]),
  );
}

function goTo(position, { silent = false } = {}) {
  const { scene } = current;
  const at = Math.min(Math.max(position, 0), scene.last);
  const step = scene.steps[at];
  current.position = at;
  // The picture of the whole graph at rest has no active box.
  const shown = at === scene.last ? { ...step, box: null } : step;
  for (const box of scene.boxes) updateBox(box, at, scene, shown);
  const changed = scene.boxes.flatMap((box) => updateTexts(box, at, scene));
  squeeze(
    changed.map(([text, box]) => [text, roomBeside(text.previousElementSibling, box)]),
  );
  for (const edge of scene.edges) updateEdge(edge, at, scene, shown);
  if (shown.box !== null && !silent) reveal(scene.boxes[shown.box]);
  tellStep(scene, at, silent);
  showPanel(current.chosen);
}

function tellStep(scene, at, silent) {
  const [count, words] = [countWords(scene.steps[at]), stepWords(scene, at)];
  slider.max = scene.last;
  slider.value = at;
  slider.setAttribute("aria-valuetext", `${count}: ${words}`);
  document.getElementById("count").textContent = count;
  document.getElementById("step").textContent = words;
  for (const id of ["back", "to-start"]) button(id).disabled = at === 0;
  for (const id of ["next", "to-end"]) button(id).disabled = at === scene.last;
  // The slider speaks for itself, and nobody can follow speech at playing speed.
  if (!silent && !timer && document.activeElement !== slider) say(`${count}: ${words}`);
}

function say(text) {
  document.getElementById("status").textContent = text;
}

function button(id) {
  return document.getElementById(id);
}

function nameButton(name, icon) {
  playButton.setAttribute("aria-label", name);
  playButton.querySelector("path").setAttribute("d", icon);
}

function pause() {
  clearInterval(timer);
  timer = null;
  nameButton("Play", "M4 2.5v11L13 8z");
}

function play() {
  const { scene } = current;
  if (current.position === scene.last) goTo(0);
  // Long graphs are played faster, short ones so that each step can be read.
  const pace = Math.min(Math.max(40_000 / scene.last, 100), calm.matches ? 1600 : 900);
  timer = setInterval(() => {
    goTo(current.position + 1);
    if (current.position === current.scene.last) pause();
  }, pace);
  nameButton("Pause", "M4 3h3v10H4zM9 3h3v10H9z");
}

function toggle() {
  if (timer) pause();
  else play();
}

function stepTo(position) {
  pause();
  goTo(position);
}

slider.addEventListener("input", () => stepTo(Number(slider.value)));
playButton.addEventListener("click", toggle);
button("back").addEventListener("click", () => stepTo(current.position - 1));
button("next").addEventListener("click", () => stepTo(current.position + 1));
button("to-start").addEventListener("click", () => stepTo(0));
button("to-end").addEventListener("click", () => stepTo(current.scene.last));
