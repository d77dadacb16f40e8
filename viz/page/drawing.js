// A scene as SVG. Every text is set as text, so no label is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";
const ROW = 17;
const PAD = 8;
const TIP = 7;
const BEND = 36;
const MANY = 1500; // arrows beyond which each is drawn with as little as possible

function drawn(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function written(text, x, y, attributes = {}) {
  return drawn("text", { x, y, ...attributes }, text);
}

// The rows whose numbers change while the passes play.
function roleOf(row, r) {
  if (r === 0) return "header";
  const text = row.join(" ");
  if (text.startsWith("data ")) return "data";
  if (text.startsWith("|grad| ")) return "size";
  if (text.startsWith("grad ") || text === "backward not run") return "grad";
  return "note";
}

// Beside a label stands the kind; beside an operation the name that steps call it by.
function header(row, box, y) {
  const label = written(row[0], PAD, y, { class: "label" });
  const id = row.length === 1 && box.value && !box.value.label ? box.name : "";
  const beside = id || row.slice(1).join(" · ");
  if (!beside) return [label];
  const x = box.at[2] - PAD;
  const attributes = { class: `key${id ? " id" : ""}`, "text-anchor": "end" };
  return [label, written(beside, x, y, attributes)];
}

// Returns the texts of a row; the last one holds what may change.
function rowTexts(row, r, box) {
  const width = box.at[2];
  const y = (ROW * (r + 0.5) + 4).toFixed(1);
  const role = roleOf(row, r);
  if (role === "header") return header(row, box, y);
  const text = row.join(" ");
  if (role === "note") {
    const ill = box.ill && text === box.ill;
    return [written(text, PAD, y, { class: ill ? "ill" : "key" })];
  }
  const key = role === "size" ? "|grad| up to" : role;
  const shown = written("", width - PAD, y, { "text-anchor": "end" });
  box.texts[role] = shown;
  return [written(key, PAD, y, { class: "key" }), shown];
}

function boxClasses(box) {
  const level = box.level === undefined ? "" : `level-${box.level}`;
  const marks = { root: box.root, dead: box.dead, unwell: box.ill };
  const marked = Object.keys(marks).filter((mark) => marks[mark]);
  return ["box", box.kind, level, ...marked].filter(Boolean).join(" ");
}

function drawBox(box) {
  const [x, y, width, height] = box.at;
  const round = box.kind === "input" || box.kind === "parameter" ? 7 : 2;
  box.texts = {};
  box.element = drawn(
    "g",
    {
      id: `n${box.id}`,
      class: boxClasses(box),
      transform: `translate(${x} ${y})`,
      role: "option",
      tabindex: "-1",
      "aria-label": spoken(box),
      "aria-selected": "false",
    },
    drawn("rect", { class: "body", width, height, rx: round }),
    drawn("rect", {
      class: "ring",
      x: -4,
      y: -4,
      width: width + 8,
      height: height + 8,
      rx: round + 4,
    }),
  );
  if (box.rows.length > 1) {
    box.element.append(drawn("path", { class: "rule", d: `M0 ${ROW}H${width}` }));
  }
  box.rows.forEach((row, r) => box.element.append(...rowTexts(row, r, box)));
  box.label = box.element.querySelector(".label");
  box.marks = new Set();
  return box.element;
}

// The line of viz.svg: flat at each point, and ending before the tip.
function curve(points) {
  let [x, y] = points;
  let path = `M${x} ${y}`;
  for (let i = 2; i < points.length; i += 2) {
    const to = points[i + 1];
    const end = i + 2 === points.length ? points[i] - TIP + 1 : points[i];
    const bend = Math.min((end - x) / 2, BEND);
    path += to === y ? `H${end}` : `C${x + bend} ${y} ${end - bend} ${to} ${end} ${to}`;
    [x, y] = [points[i], to];
  }
  return path;
}

function drawEdge(edge, scene) {
  const path = curve(edge.points);
  const [x, y] = edge.points.slice(-2);
  const half = 2.6 + Math.max(edge.level, 0) / 6;
  const level =
    edge.level === -2 ? "dead" : edge.level < 0 ? "" : `level-${edge.level}`;
  edge.element = drawn(
    "g",
    { id: `e${edge.id}`, class: `edge ${level}`.trim() },
    drawn("path", { class: "line", d: path }),
    drawn("path", { class: "tip", d: `M${x} ${y}l-${TIP}-${half}v${2 * half}z` }),
  );
  if (scene.edges.length < MANY) {
    edge.element.append(drawn("path", { class: "reach", d: path }));
  }
  const text = edgeText(edge, scene);
  if (text) edge.element.append(written(text, edge.textAt[0], edge.textAt[1] - 3));
  edge.marks = new Set();
  return edge.element;
}

function drawScene(scene, world) {
  const edges = drawn("g", { role: "presentation", "aria-hidden": "true" });
  const boxes = drawn("g", { role: "presentation" });
  edges.append(...scene.edges.map((edge) => drawEdge(edge, scene)));
  boxes.append(...scene.boxes.map(drawBox));
  world.replaceChildren(edges, boxes);
  dropIds(scene.boxes);
  squeeze(scene.boxes.map((box) => [box.label, labelRoom(box)]));
}

// A name that nobody gave is worth no room that the operation needs.
function dropIds(boxes) {
  const named = boxes.filter((box) => box.label.nextElementSibling?.matches(".id"));
  const crowded = named.filter(
    (box) => box.label.getComputedTextLength() > labelRoom(box),
  );
  for (const box of crowded) box.label.nextElementSibling.remove();
}

function labelRoom(box) {
  const beside = box.label.nextElementSibling;
  const same = beside?.getAttribute("y") === box.label.getAttribute("y");
  return roomBeside(same ? beside : null, box);
}

function roomBeside(text, box) {
  const taken = text ? text.getComputedTextLength() + PAD / 2 : 0;
  return Math.max(box.at[2] - 2 * PAD - taken, PAD);
}

// Makes texts that are too wide as wide as there is room. All are measured before any
// is changed, or the browser would lay out the page again for each of them.
function squeeze(pairs) {
  const wide = pairs.filter(([text, room]) => text.getComputedTextLength() > room);
  for (const [text, room] of wide) {
    text.setAttribute("textLength", room.toFixed(1));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

// Marks an element with some classes and takes away those it had from this call.
function mark(thing, classes) {
  for (const name of thing.marks) {
    if (!classes.includes(name)) thing.element.classList.remove(name);
  }
  for (const name of classes) thing.element.classList.add(name);
  thing.marks = new Set(classes);
}
