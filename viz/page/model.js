// The data of the page as objects that know their neighbours and their steps.

const page = JSON.parse(document.getElementById("data").textContent);

const values = page.values.map(([label, word, scope, data, grad, source]) => ({
  label,
  word,
  scope,
  data: decoded(data),
  grad: grad === null ? null : decoded(grad),
  source: source < 0 ? null : page.sources[source],
}));

// A path is told as steps, from point to point and then to the text.
function walked(steps) {
  const points = [];
  steps.forEach((step, i) => points.push(step + (points[i - 2] ?? 0)));
  return points;
}

function edgeOf([tail, head, local, level, path, text], id) {
  const points = walked(path);
  return {
    id,
    tail,
    head,
    local: local === null ? null : decoded(local),
    level,
    points: points.slice(0, -2),
    textAt: points.slice(-2),
    bundle: text,
    amount: null,
    firedAt: Infinity,
  };
}

function boxOf(box, id) {
  const value = box.value === undefined ? null : values[box.value];
  const name = value ? value.label || `n${id}` : box.rows[0][0];
  return { ...box, id, name, value, ins: [], outs: [], arrivals: [], computedAt: 0 };
}

// Step 0 is before anything is computed; step k has been taken at position k.
function stepsOf(scene) {
  const forward = scene.forward.map((box) => ({ phase: "forward", box }));
  const seeds = Object.entries(scene.seeds).map(([box, gradient]) => ({
    box: Number(box),
    gradient: decoded(gradient),
  }));
  const backward = scene.backward.map(([box, handings, inside]) => ({
    phase: "backward",
    box,
    handings,
    inside: inside === undefined ? null : decoded(inside),
  }));
  const seed = seeds.length ? [{ phase: "seed", box: null, seeds }] : [];
  return [{ phase: "start", box: null }, ...forward, ...seed, ...backward];
}

function numberPhases(steps) {
  for (const phase of ["forward", "backward"]) {
    const own = steps.filter((step) => step.phase === phase);
    own.forEach((step, i) => Object.assign(step, { place: i + 1, of: own.length }));
  }
}

function gradientSoFar(box) {
  return box.arrivals.at(-1)?.total ?? null;
}

// The gradient that a value hands on: what backward() left, or would leave.
function upstreamOf(edge, scene) {
  const head = scene.boxes[edge.head];
  return page.ran && head.value ? head.value.grad : gradientSoFar(head);
}

// An arrow that is told by its number alone carries the term of the chain rule.
function termOf(edge, scene) {
  const amount = upstreamOf(edge, scene) * edge.local;
  const before = gradientSoFar(scene.boxes[edge.tail]) ?? 0;
  return [amount, before + amount];
}

function handed(told, scene) {
  if (Array.isArray(told)) {
    const [number, amount, total] = told;
    return [scene.edges[number], decoded(amount), decoded(total)];
  }
  const edge = scene.edges[told];
  return [edge, ...termOf(edge, scene)];
}

function arrive(scene, step, at) {
  if (step.phase === "forward") scene.boxes[step.box].computedAt = at;
  for (const { box, gradient } of step.seeds ?? []) {
    scene.boxes[box].arrivals.push({
      at,
      edge: null,
      amount: gradient,
      total: gradient,
    });
  }
  step.edges = (step.handings ?? []).map((told) => {
    const [edge, amount, total] = handed(told, scene);
    Object.assign(edge, { amount, firedAt: at });
    scene.boxes[edge.tail].arrivals.push({ at, edge, amount, total });
    return edge;
  });
  // A module's members hand gradients to each other when it has its turn.
  if (step.inside != null) scene.boxes[step.box].settled = { at, total: step.inside };
}

function prepared(scene) {
  if (scene.steps) return scene;
  scene.boxes = scene.boxes.map(boxOf);
  scene.edges = scene.edges.map(edgeOf);
  for (const edge of scene.edges) {
    scene.boxes[edge.tail].outs.push(edge);
    scene.boxes[edge.head].ins.push(edge);
  }
  scene.steps = stepsOf(scene);
  numberPhases(scene.steps);
  scene.steps.forEach((step, at) => arrive(scene, step, at));
  scene.last = scene.steps.length - 1;
  return scene;
}

// The numbers of the values that a box stands for, to find it again at another depth.
function membersOf(box) {
  return box.value ? [values.indexOf(box.value)] : box.inside;
}

function arrivedBy(box, position) {
  return box.arrivals.filter((arrival) => arrival.at <= position);
}

function gradientAt(box, position) {
  if (box.settled?.at <= position) return box.settled.total;
  const arrived = arrivedBy(box, position);
  return arrived.length ? arrived[arrived.length - 1].total : null;
}

// Everything from which a box is computed, or with "outs" everything it goes into.
function reached(scene, box, side) {
  const boxes = new Set([box.id]);
  const edges = new Set();
  const waiting = [box];
  while (waiting.length) {
    for (const edge of waiting.pop()[side]) {
      const next = side === "ins" ? edge.tail : edge.head;
      edges.add(edge.id);
      if (!boxes.has(next)) {
        boxes.add(next);
        waiting.push(scene.boxes[next]);
      }
    }
  }
  return { boxes, edges };
}
