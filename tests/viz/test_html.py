"""The page: one file, without a network, and nothing that a label could break."""

import base64
import hashlib
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from graphs import differentiated
from hostile import LABELS, labels
from hypothesis import example, given
from hypothesis import strategies as st
from random_graphs import STEPS, Steps

import nn
from autograd_core import Value, scope, tanh, topological_order
from autograd_core.errors import OperandError, UnknownNameError
from autograd_core.inspection import one_line
from autograd_core.recording import record_source
from viz import scenes
from viz.html import STYLES, to_html

ASSETS = Path(__file__).parents[2] / "viz" / "page"


class Reader(HTMLParser):
    """What a browser sees: the tags with their attributes, and the text in each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text and the tag that it follows."""
        self.texts.append((self.tags[-1][0] if self.tags else "", data))

    def inside(self, tag: str) -> list[str]:
        """Return the texts that follow the start of such a tag."""
        return [text for name, text in self.texts if name == tag]


def data_of(page: str) -> dict[str, Any]:
    """Return what the page is told."""
    script = re.search(r'<script id="data"[^>]*>(.*?)</script>', page, re.S)
    assert script is not None
    found: dict[str, Any] = json.loads(script[1])
    return found


def network(widths: list[int], samples: int) -> Value:
    """Return the loss of a network on a few points, after its backward pass."""
    model = nn.MLP(2, widths, activation="tanh", seed=0)
    points = [[Value(0.1 * i - 0.3), Value(0.2 * i)] for i in range(samples)]
    loss = nn.mse_loss([model(x) for x in points], [0.5] * samples)
    loss.backward()
    return loss


def scalars(count: int) -> Value:
    """Return a graph of elementary operations on scalars, after its backward pass."""
    nodes = [Value(i / 8, label=f"x{i}") for i in range(8)]
    while len(nodes) < count - 8:
        k = len(nodes)
        nodes.append(tanh(nodes[-1 - k % 7] * nodes[-1 - k % 3] + nodes[-1 - k % 5]))
        if len(topological_order(nodes[-1])) >= count:
            break
    nodes[-1].backward()
    return nodes[-1]


# --- the file -----------------------------------------------------------------------
def test_without_a_path_the_page_is_returned(neuron: Value) -> None:
    """The text is one HTML document with the title of the picture."""
    page = to_html(neuron)

    assert page.startswith("<!doctype html>")
    assert Reader(page).inside("title") == ["Graph of o: 10 values", "\n"]
    assert page.endswith("</html>\n")


def test_with_a_path_the_page_is_written(neuron: Value, tmp_path: Path) -> None:
    """The file holds what would be returned, and its path is given back."""
    path = to_html(neuron, str(tmp_path / "graph.html"))

    assert path == tmp_path / "graph.html"
    assert path.read_text("utf-8") == to_html(neuron)


def test_a_page_is_written_whole_or_not_at_all(neuron: Value, tmp_path: Path) -> None:
    """Where there is no folder, the message names the path and no file appears."""
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        to_html(neuron, tmp_path / "nowhere" / "graph.html")

    assert list(tmp_path.iterdir()) == []


def test_pages_of_one_graph_are_equal(neuron: Value) -> None:
    """Nothing in a page depends on when or where it was made."""
    assert to_html(neuron) == to_html(neuron)


def test_what_is_not_a_value_is_refused() -> None:
    """The message is that of every picture."""
    with pytest.raises(OperandError, match="a picture starts from one Value"):
        to_html([Value(1.0)])  # type: ignore[call-overload]


def test_an_unknown_theme_is_refused(neuron: Value) -> None:
    """The message names the themes."""
    with pytest.raises(UnknownNameError, match="known: 'dark', 'light'"):
        to_html(neuron, theme="sepia")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_fixed_where_it_is_asked_for(neuron: Value, theme: str) -> None:
    """Without the option the page follows the reader's system."""
    assert f'data-theme="{theme}"' in to_html(neuron, theme=theme)
    assert 'data-theme="auto"' in to_html(neuron)


# --- no network ---------------------------------------------------------------------
def test_the_page_loads_nothing(neuron: Value) -> None:
    """No tag refers to another file, and no style or script names an address."""
    page = to_html(neuron)
    reader = Reader(page)
    referring = {"src", "href", "srcset", "data", "action", "poster", "background"}
    found = [attrs for _, attrs in reader.tags if referring & attrs.keys()]
    addresses = set(re.findall(r"\w+://[^\s\"'<>`]+", page))

    assert found == []
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp|WebSocket|import\(", page)


def test_the_policy_allows_this_script_and_this_style_only(neuron: Value) -> None:
    """All is forbidden but the texts whose hashes stand in the policy."""
    page = to_html(neuron)
    policy = next(
        attrs["content"] or ""
        for tag, attrs in Reader(page).tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    script = re.search(r"<script>(.*?)</script>", page, re.S)

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for text in (style, script):
        assert text is not None
        digest = hashlib.sha256(text[1].encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_no_handler_stands_in_the_markup(neuron: Value) -> None:
    """Handlers are added by the script, for the policy would stop inline ones."""
    attributes = {name for _, attrs in Reader(to_html(neuron)).tags for name in attrs}

    assert not any(name.startswith("on") or name == "style" for name in attributes)


def test_every_asset_is_used(neuron: Value) -> None:
    """The files of the page are all part of it."""
    page = to_html(neuron)
    used = [path for path in ASSETS.iterdir() if path.suffix in (".css", ".js")]

    assert len(used) > len(STYLES)
    assert all(path.read_text("utf-8") in page for path in used)


@pytest.mark.parametrize("path", sorted(ASSETS.iterdir()), ids=lambda path: path.name)
def test_an_asset_fits_the_eye(path: Path) -> None:
    """Scripts are as short and narrow as modules are."""
    lines = path.read_text("utf-8").splitlines()

    if path.suffix == ".js":
        assert len(lines) <= 300
        assert [line for line in lines if len(line) > 88] == []


# --- hostile labels -----------------------------------------------------------------
PLAIN = Reader(to_html(Value(1.0, label="plain") * 2)).tags


def tags(reader: Reader) -> list[tuple[str, list[str]]]:
    """Return the tags with the names of their attributes."""
    return [(tag, sorted(attrs)) for tag, attrs in reader.tags]


@given(st.one_of(st.sampled_from(LABELS), labels))
@example("</script><script>alert(1)</script>")
@example("</title><img src=x onerror=alert(1)>")
@example("<!--")
@example("$title $data ${script} $$")
def test_a_label_is_text_and_never_markup(label: str) -> None:
    """No label adds a tag or an attribute; it is read back as it is shown."""
    root = Value(1.0, label=label) * 2
    root.label = label
    page = to_html(root)
    reader = Reader(page)

    assert tags(reader) == [(tag, sorted(attrs)) for tag, attrs in PLAIN]
    assert data_of(page)["values"][0][0] == one_line(label, 200)
    assert data_of(page)["scenes"][0]["boxes"][0]["rows"][0][0] in (
        one_line(label),
        "input",
    )
    page.encode()


@given(st.one_of(st.sampled_from(LABELS), labels))
def test_a_scope_and_a_name_are_text_too(text: str) -> None:
    """Modules and the names of variables may be called anything."""
    x = Value(1.0)
    with scope(text):
        root = x * 2
    page = to_html(root, names={text: x})

    assert len(Reader(page).tags) == len(PLAIN)
    data_of(page)


def test_the_data_cannot_end_its_script() -> None:
    """Between the tags stands no character that HTML gives a meaning."""
    page = to_html(Value(1.0, label="</script>&<!-- \u2028") * 2)
    script = re.search(r'<script id="data"[^>]*>(.*?)</script>', page, re.S)

    assert script is not None
    assert not re.search(r"[<>&\u2028\u2029]|[^\x00-\x7f]", script[1])


# --- what the page is told ----------------------------------------------------------
def number(x: Any) -> float:
    """Read a number as the page does."""
    return float(x)


def played(data: dict[str, Any], scene: dict[str, Any]) -> dict[int, float]:
    """Play the backward pass as the page does; return the last sums."""
    grads = [None if v[4] is None else number(v[4]) for v in data["values"]]
    totals = {int(box): number(x) for box, x in scene["seeds"].items()}
    for box, handings, *_ in scene["backward"]:
        for told in handings:
            if isinstance(told, list):
                edge, _, total = told
                totals[scene["edges"][edge][0]] = number(total)
                continue
            tail, head, local, *_ = scene["edges"][told]
            value = scene["boxes"][head].get("value")
            upstream = grads[value] if data["ran"] else totals[box]
            totals[tail] = totals.get(tail, 0.0) + upstream * number(local)
    return totals


@given(STEPS)
def test_the_page_can_play_to_the_last_bit(steps: Steps) -> None:
    """From what the page is told, the sums end at the gradients of the nodes."""
    root = differentiated(steps)
    data = data_of(to_html(root, limit=10_000))
    (scene,) = data["scenes"]
    order = topological_order(root)

    for i, total in played(data, scene).items():
        assert total.hex() == order[i].grad.hex()


@given(st.floats())
def test_numbers_come_back_bit_for_bit(x: float) -> None:
    """Data is told with all its digits, -0.0, nan and the infinities included."""
    told = data_of(to_html(Value(x)))["values"][0][3]

    assert number(told).hex() == x.hex()


def test_sources_are_told_where_they_were_kept() -> None:
    """A node made while sources are kept names its file and shows its line."""
    x = Value(2.0)
    with record_source():
        root = x * 3
    data = data_of(to_html(root))
    ((place, line),) = data["sources"]

    assert re.search(r"test_html\.py:\d+$", place)
    assert line.splitlines()[0] == "root = x * 3"
    assert [value[5] for value in data["values"]] == [-1, 0, 0]


def test_modules_open_depth_by_depth() -> None:
    """There is a scene for each depth, and the page opens with the deepest readable."""
    data = data_of(to_html(network([3, 1], samples=1)))
    sizes = [len(scene["boxes"]) for scene in data["scenes"]]

    assert [scene["depth"] for scene in data["scenes"]] == [0, 1, 2, 3]
    assert sizes == sorted(set(sizes))
    assert data["first"] == 3


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_page_opens_at_the_depth_that_is_asked_for(depth: int) -> None:
    """The other depths stay at hand."""
    data = data_of(to_html(network([3, 1], samples=1), depth=depth))

    assert data["scenes"][data["first"]]["depth"] == depth
    assert len(data["scenes"]) == 4


def test_a_value_is_found_again_at_each_depth() -> None:
    """Each value that stands alone somewhere is in one box of every scene."""
    data = data_of(to_html(network([3, 1], samples=1)))
    everything = list(range(len(data["values"])))
    for scene in data["scenes"]:
        found = [
            number
            for box in scene["boxes"]
            for number in ([box["value"]] if "value" in box else box["inside"])
        ]

        assert sorted(found) == everything


def test_a_graph_without_modules_is_offered_whole() -> None:
    """Above the limit the page opens with what is near the root, and has the rest."""
    data = data_of(to_html(scalars(400), limit=50))
    sizes = [len(scene["boxes"]) for scene in data["scenes"]]

    assert sizes[0] == 50
    assert sizes[1] >= 400
    assert data["first"] == 0


@pytest.mark.parametrize("most", ["MOST", "MOST_ARROWS"])
def test_what_a_browser_cannot_show_is_left_out(
    most: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules open as deep as boxes and arrows stay few enough; something is shown."""
    root = network([3, 1], samples=1)
    monkeypatch.setattr(scenes, most, 9)
    assert [scene["depth"] for scene in data_of(to_html(root))["scenes"]] == [0, 1]

    monkeypatch.setattr(scenes, most, 2)
    assert len(data_of(to_html(root))["scenes"]) == 1


@pytest.mark.parametrize(
    "options", [{"top_paths": 2}, {"expand": True}, {"limit": 3}, {"names": {}}]
)
def test_the_options_of_every_picture_are_taken(options: dict[str, Any]) -> None:
    """What render can show, a page can show."""
    root = network([3, 1], samples=1)

    assert data_of(to_html(root, focus=None, **options))["scenes"]


# --- size ---------------------------------------------------------------------------
def test_a_page_of_a_thousand_nodes_can_be_mailed() -> None:
    """A network of 1,029 nodes and more stays under 1.2 MB, at every depth at once."""
    root = network([16, 16, 1], samples=10)
    page = to_html(root)

    assert len(topological_order(root)) >= 1_029
    assert len(data_of(page)["scenes"]) == 4
    assert len(page.encode()) < 1_200_000


def test_a_page_of_scalars_can_be_mailed() -> None:
    """1,029 elementary operations without modules stay well under 1.2 MB."""
    root = scalars(1_029)

    assert len(topological_order(root)) >= 1_029
    assert len(to_html(root).encode()) < 800_000


def test_a_page_grows_with_its_graph() -> None:
    """Five times the graph takes a few times the time and the size."""
    small, large = scalars(1_000), scalars(5_000)
    start = time.perf_counter()
    to_html(small)
    between = time.perf_counter()
    page = to_html(large)
    end = time.perf_counter()

    assert end - between < 25 * (between - start)
    assert len(page.encode()) < 4_000_000
