// The page as a whole: its scenes, its buttons and its keys.

const current = {
  place: 0, // of the scene
  scene: null,
  position: 0,
  chosen: null,
  hovered: null,
  over: null, // the box or arrow below the pointer
  roving: null,
  lit: [],
  hits: [],
  hit: -1,
};

function boxWith(scene, members) {
  return scene.boxes.find((box) => membersOf(box).some((n) => members.includes(n)));
}

// The same place in the passes of another scene.
function carriedOver(from, position, to) {
  if (!from || position === from.last) return to.last;
  const step = from.steps[position];
  if (step.phase === "start") return 0;
  const same = to.steps.findIndex((other) => other.phase === step.phase);
  if (same < 0 || step.phase === "seed") return Math.max(same, 0);
  const own = to.steps[same];
  return same + Math.floor(((step.place - 1) / step.of) * own.of);
}

function showScene(place, chosen = current.chosen) {
  pause();
  const scene = prepared(page.scenes[place]);
  const position = carriedOver(current.scene, current.position, scene);
  const members = chosen ? membersOf(chosen) : [];
  const again = document.activeElement?.closest?.(".box") !== null;
  Object.assign(current, { place, scene, chosen: null, hovered: null, over: null });
  Object.assign(current, { lit: [], hits: [], roving: null });
  graph.classList.toggle("large", scene.edges.length + scene.boxes.length > MANY);
  drawScene(scene, world);
  showLegend(scene);
  for (const button of document.querySelectorAll("#depths button")) {
    button.setAttribute("aria-pressed", String(Number(button.value) === place));
  }
  drawMap(scene);
  goTo(position, { silent: true });
  const box = members.length ? boxWith(scene, members) : null;
  rove(box ?? scene.boxes[0]);
  enter(scene, box ?? scene.boxes.find((one) => one.root) ?? scene.boxes.at(-1));
  choose(box ?? null, { focus: Boolean(box) && again });
  search();
  say(`${scene.boxes.length} boxes shown`);
}

function openModule(box) {
  if (!box.value && current.place + 1 < page.scenes.length) {
    showScene(current.place + 1, box);
  }
}

function showLegend(scene) {
  const lines = scene.legend.map(([text, level]) => {
    const line = drawn("path", { class: "line", d: "M1 3H25" });
    const sample = drawn("svg", { viewBox: "0 0 26 6" });
    sample.append(drawn("g", { class: `edge level-${level}` }, line));
    return element("span", {}, sample, text);
  });
  const would = page.ran ? "" : "; backward() has not run: played is what it would do";
  const caption = element("span", {
    id: "caption",
    textContent: scene.caption + would,
  });
  document.getElementById("legend").replaceChildren(...lines, caption);
}

function depthName(scene, place) {
  if (scene.depth === null) return "overview";
  return place + 1 === page.scenes.length ? "all" : String(scene.depth);
}

function makeDepthButtons() {
  const group = document.getElementById("depths");
  group.hidden = page.scenes.length < 2;
  group.append(element("span", { className: "name", textContent: "Depth" }));
  page.scenes.forEach((scene, place) => {
    const name = depthName(scene, place);
    const title = `${scene.boxes.length.toLocaleString("en")} boxes`;
    const button = element("button", { textContent: name, value: place, title });
    button.setAttribute("aria-label", `depth ${name}, ${title}`);
    button.addEventListener("click", () => showScene(place));
    group.append(button);
  });
}

// Tab goes from box to box, in an order in which operands come first, then leaves.
function tab(event) {
  const { box } = thingAt(event.target);
  const next = box && current.scene.boxes[box.id + (event.shiftKey ? -1 : 1)];
  if (!next) return;
  event.preventDefault();
  choose(next, { focus: true });
}

function walk(side) {
  const box = current.chosen;
  const edge = box?.[side][0];
  if (!edge) return;
  const next = side === "ins" ? edge.tail : edge.head;
  choose(current.scene.boxes[next], { focus: true });
}

function leave(event) {
  if (field.value) clearSearch();
  else {
    const inside = document.activeElement?.closest?.(".box");
    choose(null);
    if (inside) slider.focus();
  }
  if (event.target === field) field.blur();
}

const KEYS = {
  ArrowLeft: () => stepTo(current.position - 1),
  ArrowRight: () => stepTo(current.position + 1),
  ArrowUp: () => walk("ins"),
  ArrowDown: () => walk("outs"),
  Home: () => stepTo(0),
  End: () => stepTo(current.scene.last),
  " ": toggle,
  Tab: tab,
  Enter: () => current.chosen && openModule(current.chosen),
  Escape: leave,
  "/": () => field.select(),
  "?": () => button("keys").showModal(),
  "+": () => zoomInMiddle(1.25),
  "=": () => zoomInMiddle(1.25),
  "-": () => zoomInMiddle(0.8),
  0: () => fit(current.scene),
  "[": () => current.place > 0 && showScene(current.place - 1),
  "]": () => current.place + 1 < page.scenes.length && showScene(current.place + 1),
};

// A field, a button and an open dialog keep the keys that they have a use for.
function isTaken(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (target.closest?.("dialog")) return true;
  if (target === field) return key !== "Escape";
  if (target === slider)
    return key.startsWith("Arrow") || key === "Home" || key === "End";
  return target.tagName === "BUTTON" && (key === " " || key === "Enter");
}

function press(event) {
  if (!Object.hasOwn(KEYS, event.key) || isTaken(event)) return;
  if (event.key !== "Tab") event.preventDefault();
  KEYS[event.key](event);
}

document.addEventListener("keydown", press);
button("zoom-in").addEventListener("click", () => zoomInMiddle(1.25));
button("zoom-out").addEventListener("click", () => zoomInMiddle(0.8));
button("fit").addEventListener("click", () => fit(current.scene));
button("help").addEventListener("click", () => button("keys").showModal());
addEventListener("resize", look);
makeDepthButtons();
showScene(page.first);
