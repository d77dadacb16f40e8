// The whole scene in a corner, while the stage shows a part of it.

const map = document.getElementById("map");
const WIDEST = 180;
const HIGHEST = 120;

function drawMap(scene) {
  const scale = Math.min(WIDEST / scene.width, HIGHEST / scene.height);
  map.setAttribute("width", Math.max(scene.width * scale, 24));
  map.setAttribute("height", Math.max(scene.height * scale, 24));
  map.setAttribute("viewBox", `0 0 ${scene.width} ${scene.height}`);
  const boxes = scene.boxes.map(({ at: [x, y, width, height] }) => {
    return `M${x} ${y}h${width}v${height}h-${width}z`;
  });
  document.getElementById("map-boxes").setAttribute("d", boxes.join(""));
}

function showMap() {
  const { scene } = current;
  const { width, height } = stageSize();
  const { x, y, scale } = camera;
  const view = {
    x: -x / scale,
    y: -y / scale,
    width: width / scale,
    height: height / scale,
  };
  const whole =
    view.x <= 0 &&
    view.y <= 0 &&
    view.x + view.width >= scene.width &&
    view.y + view.height >= scene.height;
  map.style.display = whole ? "none" : "";
  map.style.right = `${12 + (panel.offsetWidth < width ? panel.offsetWidth : 0)}px`;
  for (const [name, value] of Object.entries(view)) {
    document.getElementById("map-view").setAttribute(name, value);
  }
}

function jump(event) {
  if (event.type === "pointermove" && !event.buttons) return;
  const { left, top, width, height } = map.getBoundingClientRect();
  const { scene } = current;
  const x = ((event.clientX - left) / width) * scene.width;
  const y = ((event.clientY - top) / height) * scene.height;
  lookAt(x, y, camera.scale);
}

map.addEventListener("pointerdown", jump);
map.addEventListener("pointermove", jump);
