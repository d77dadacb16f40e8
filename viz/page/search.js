// The search field: hits among labels, operations and modules.

const field = document.getElementById("search");
const tally = document.getElementById("hits");

function matches(box, wanted) {
  const own = box.value
    ? [box.name, box.value.word, box.value.scope, ...box.rows[0]]
    : [box.title, ...box.rows[0]];
  return own.some((text) => text.toLowerCase().includes(wanted));
}

// A closed module is a hit where a value inside of it is one.
function holds(box, wanted) {
  return (box.inside ?? []).some((number) => {
    const { label, word, scope } = values[number];
    return [label, word, scope].some((text) => text.toLowerCase().includes(wanted));
  });
}

function search() {
  const wanted = field.value.trim().toLowerCase();
  const { scene } = current;
  for (const box of current.hits) box.element.classList.remove("hit");
  current.hits = wanted
    ? scene.boxes.filter((box) => matches(box, wanted) || holds(box, wanted))
    : [];
  current.hit = -1;
  for (const box of current.hits) box.element.classList.add("hit");
  graph.classList.toggle("searching", wanted !== "");
  tally.textContent = wanted ? String(current.hits.length || "none") : "";
}

function nextHit(by) {
  const count = current.hits.length;
  if (!count) return;
  const from = current.hit < 0 && by < 0 ? 0 : current.hit;
  current.hit = (from + by + count) % count;
  const box = current.hits[current.hit];
  tally.textContent = `${current.hit + 1}/${count}`;
  choose(box);
  approach(box);
  say(`hit ${current.hit + 1} of ${count}: ${spoken(box)}`);
}

function clearSearch() {
  field.value = "";
  search();
}

field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  nextHit(event.shiftKey ? -1 : 1);
});
