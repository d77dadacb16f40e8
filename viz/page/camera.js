// Pan and zoom: where the reader stands before the graph.

const graph = document.getElementById("graph");
const world = document.getElementById("world");
const LEAST = 0.02;
const MOST = 4;
const READABLE = 0.4; // below it, texts are left out
const SMALLEST = 0.65; // to which a page that opens shrinks the graph to show it whole
const COMFORTABLE = 0.8; // else it opens with texts that are easy to read
const LARGEST = 1.3; // to which a small graph is blown up
const MARGIN = 20;
const camera = { x: 0, y: 0, scale: 1 };

// What the panel does not cover.
function stageSize() {
  const { width, height } = graph.getBoundingClientRect();
  const beside = panel.offsetWidth < width / 2 ? panel.offsetWidth : 0;
  return { width: width - beside, height };
}

function look() {
  const { x, y, scale } = camera;
  world.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  graph.classList.toggle("far", scale < READABLE);
  graph.classList.toggle("farther", scale < READABLE / 2.5);
  showMap();
}

// Zooms so that the point below (x, y) stays where it is.
function zoomAt(x, y, factor) {
  const scale = Math.min(Math.max(camera.scale * factor, LEAST), MOST);
  const by = scale / camera.scale;
  camera.x = x - (x - camera.x) * by;
  camera.y = y - (y - camera.y) * by;
  camera.scale = scale;
  look();
}

function zoomInMiddle(factor) {
  const { width, height } = stageSize();
  zoomAt(width / 2, height / 2, factor);
}

function fittingScale(scene) {
  const { width, height } = stageSize();
  const wanted = Math.min(
    (width - 2 * MARGIN) / scene.width,
    (height - 2 * MARGIN) / scene.height,
  );
  return Math.min(Math.max(wanted, LEAST), LARGEST);
}

// Shows a point of the scene in the middle of the stage.
function lookAt(x, y, scale) {
  const { width, height } = stageSize();
  Object.assign(camera, { x: width / 2 - x * scale, y: height / 2 - y * scale, scale });
  look();
}

function fit(scene) {
  lookAt(scene.width / 2, scene.height / 2, fittingScale(scene));
}

// Shows all where that can be read, else what a box has around it.
function enter(scene, box) {
  const scale = fittingScale(scene);
  if (scale >= SMALLEST) {
    fit(scene);
    return;
  }
  const { width, height } = stageSize();
  const [left, top, wide, high] = box.at;
  const middle = (start, room, size) =>
    size * COMFORTABLE < room
      ? size / 2
      : Math.min(
          Math.max(start, (room / 2 - MARGIN) / COMFORTABLE),
          size - (room / 2 - MARGIN) / COMFORTABLE,
        );
  lookAt(
    middle(left + wide / 2, width, scene.width),
    middle(top + high / 2, height, scene.height),
    COMFORTABLE,
  );
}

// Moves as little as shows a box whole.
function reveal(box) {
  const { width, height } = stageSize();
  const [left, top, wide, high] = box.at.map((length) => length * camera.scale);
  const shift = (start, size, room) =>
    Math.min(0, room - MARGIN - start - size) || Math.max(0, MARGIN - start);
  camera.x += shift(camera.x + left, wide, width);
  camera.y += shift(camera.y + top, high, height);
  look();
}

// Reveals a box, and from near enough to read it.
function approach(box) {
  const [x, y, width, height] = box.at;
  if (camera.scale < READABLE) lookAt(x + width / 2, y + height / 2, COMFORTABLE);
  else reveal(box);
}

function startDrag(event) {
  if (event.button !== 0) return;
  let [x, y] = [event.clientX, event.clientY];
  let moved = false;
  const move = (to) => {
    // A click of an unsteady hand is still a click.
    if (!moved && Math.hypot(to.clientX - x, to.clientY - y) < 4) return;
    if (!moved) graph.setPointerCapture(event.pointerId);
    moved = true;
    graph.classList.add("dragging");
    camera.x += to.clientX - x;
    camera.y += to.clientY - y;
    [x, y] = [to.clientX, to.clientY];
    look();
  };
  const stop = () => {
    graph.removeEventListener("pointermove", move);
    graph.classList.remove("dragging");
  };
  graph.addEventListener("pointermove", move);
  graph.addEventListener("pointerup", stop, { once: true });
  graph.addEventListener("pointercancel", stop, { once: true });
}

graph.addEventListener("pointerdown", startDrag);
graph.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const { left, top } = graph.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    zoomAt(event.clientX - left, event.clientY - top, Math.exp(-pixels / 400));
  },
  { passive: false },
);
