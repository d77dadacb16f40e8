// What the page says of boxes, arrows and steps.

const ROOM = 80; // letters of a list within a sentence

function listed(texts, room = ROOM) {
  const [first = "", ...others] = texts;
  let shown = first;
  for (const [i, text] of others.entries()) {
    const left = others.length - i;
    if (left > 1 && shown.length + text.length > room)
      return `${shown} and ${left} more`;
    shown += `, ${text}`;
  }
  return shown;
}

function kindOf(box) {
  return box.value ? box.value.word : "module";
}

function spoken(box) {
  if (!box.value) return `module ${box.title}`;
  const { word, data, grad, scope } = box.value;
  const gradient = grad === null ? box.rows[2]?.join(" ") : `grad ${exact(grad)}`;
  const parts = [`${box.name}: ${word}`, `data ${exact(data)}`, gradient, box.ill];
  return [...parts, scope && `in ${scope}`].filter(Boolean).join(", ");
}

function edgeText(edge, scene) {
  if (edge.bundle) return edge.bundle;
  if (edge.local === null) return "";
  if (!page.ran || edge.amount === null) return number(edge.local);
  const upstream = number(upstreamOf(edge, scene));
  return `${upstream} × ${number(edge.local)} = ${number(edge.amount)}`;
}

// How an arrow's share of a gradient comes about, with as many digits as `write` gives.
function product(edge, scene, write) {
  if (edge.local === null) return write(edge.amount);
  const upstream = write(upstreamOf(edge, scene));
  return `${upstream} × ${write(edge.local)} = ${write(edge.amount)}`;
}

function forwardWords(step, scene) {
  const box = scene.boxes[step.box];
  if (!box.value) return `${box.name} computes its values`;
  const operands = listed(box.ins.map((edge) => scene.boxes[edge.tail].name));
  return `${box.name} = ${box.value.word}(${operands}) = ${number(box.value.data)}`;
}

function seedWords(step, scene) {
  const given = step.seeds.map(({ box, gradient }) => {
    const what = scene.boxes[box].value ? "grad" : "|grad| in";
    return `${what} ${scene.boxes[box].name} = ${number(gradient)}`;
  });
  return `to begin with, ${listed(given)}`;
}

function sumWords(tail, at) {
  const arrived = arrivedBy(tail, at);
  const total = number(arrived[arrived.length - 1].total);
  if (!tail.value) return `|grad| in ${tail.name} up to ${total}`;
  const terms =
    arrived.length <= 4
      ? sum(arrived.map((arrival) => arrival.amount))
      : `sum of ${arrived.length}`;
  return `grad ${tail.name} = ${terms} = ${total}`;
}

function backwardWords(step, scene, at) {
  const head = scene.boxes[step.box];
  const hands = step.edges.map((edge) => {
    const tail = scene.boxes[edge.tail];
    const most = tail.value ? "" : "up to ";
    return `${most}${product(edge, scene, number)} to ${tail.name}`;
  });
  const tails = [...new Set(step.edges.map((edge) => edge.tail))];
  const summed = tails.filter((tail) => arrivedBy(scene.boxes[tail], at).length > 1);
  const sums = summed.map((tail) => sumWords(scene.boxes[tail], at));
  if (head.settled) sums.unshift(insideWords(head));
  const handed = listed(hands, sums.length ? ROOM : 2 * ROOM);
  const parts = [hands.length ? `${head.name} hands ${handed}` : "", listed(sums)];
  return parts.filter(Boolean).join("; ");
}

function insideWords(box) {
  return `|grad| in ${box.name} up to ${number(box.settled.total)}`;
}

function stepWords(scene, at) {
  const step = scene.steps[at];
  if (step.phase === "start") return "nothing is computed yet";
  if (step.phase === "forward") return forwardWords(step, scene);
  if (step.phase === "seed") return seedWords(step, scene);
  return backwardWords(step, scene, at);
}

function countWords(step) {
  if (step.phase === "start") return "start";
  if (step.phase === "seed") return "backward begins";
  return `${step.phase} ${step.place}/${step.of}`;
}
