"""The page in a browser: what a reader does, by pointer, by key and by ear.

It takes Debian's chromium and chromium-driver, or any Chrome with its chromedriver.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import LABELS

import nn
from autograd_core import Value, topological_order
from autograd_core.inspection import one_line
from autograd_core.recording import record_source
from viz.html import to_html

from .test_html import scalars

selenium = pytest.importorskip("selenium", reason="drives a browser with selenium")

from selenium import webdriver  # noqa: E402 - after the check that it is there
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.remote.webelement import WebElement  # noqa: E402

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found_browser() -> str | None:
    """Return the path of a browser that has a driver."""
    paths = filter(None, map(shutil.which, PROGRAMS))
    return next(paths, None) if shutil.which("chromedriver") else None


pytestmark = pytest.mark.skipif(
    found_browser() is None,
    reason="there is no Chromium with a driver here: the page is not tried in a "
    "browser. On Debian: apt-get install chromium chromium-driver",
)


def options() -> Any:
    """Return the options of a browser that nobody sees."""
    chosen = webdriver.ChromeOptions()
    chosen.binary_location = found_browser() or ""
    chosen.add_argument("--headless=new")
    chosen.add_argument("--window-size=1280,800")
    chosen.add_argument("--disable-dev-shm-usage")  # containers have little of it
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        chosen.add_argument("--no-sandbox")  # root has none
    chosen.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return chosen


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """Start one browser for all tests of this file."""
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options(), service=service)
    yield browser
    browser.quit()


class Page:
    """A page in the browser, with the words of the tests."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def find(self, selector: str) -> WebElement:
        """Return the first element that a selector finds."""
        found: WebElement = self.driver.find_element(By.CSS_SELECTOR, selector)
        return found

    def all(self, selector: str) -> list[WebElement]:
        """Return every element that a selector finds."""
        found: list[WebElement] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def text(self, selector: str) -> str:
        """Return the text of an element, seen or not."""
        return str(self.find(selector).get_property("textContent"))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def focused(self) -> str:
        """Return the id of what has the focus."""
        return str(self.run("return document.activeElement.id"))

    def row(self, box: str, word: str) -> str:
        """Return what stands in a box beside `data` or `grad`."""
        script = """
            const texts = [...document.querySelectorAll(`#${arguments[0]} text`)];
            const key = texts.find((text) => text.textContent === arguments[1]);
            return key.nextElementSibling.textContent;"""
        return str(self.run(script, box, word))

    def facts(self) -> dict[str, str]:
        """Return the table in the panel."""
        rows = self.all("#panel tr")
        cells = [row.find_elements(By.CSS_SELECTOR, "th, td") for row in rows]
        return {name.text: text.text for name, text in cells}

    def hover(self, selector: str) -> None:
        """Put the pointer on an element."""
        ActionChains(self.driver).move_to_element(self.find(selector)).perform()

    def lit(self) -> set[str]:
        """Return the ids of the boxes that are not dimmed."""
        return {box.get_attribute("id") or "" for box in self.all(".box.lit")}

    def errors(self) -> list[str]:
        """Return what the browser complained of since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


Open = Callable[..., Page]


@pytest.fixture
def opened(driver: Any, tmp_path: Path) -> Iterator[Open]:
    """Return what opens the page of a graph; no page may complain of anything."""
    page = Page(driver)

    def open_page(root: Value, **chosen: Any) -> Page:
        path = to_html(root, tmp_path / "graph.html", **chosen)
        driver.get(path.as_uri())
        return page

    yield open_page
    assert page.errors() == []


@pytest.fixture
def network() -> Value:
    """Return the loss of a 2-3-1 network after its backward pass."""
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    loss = nn.mse_loss(model([0.5, -1.0]), 1.0)
    loss.label = "loss"
    loss.backward()
    return loss


def shared() -> Value:
    """Return (x + 2)·x·x after its backward pass: x is used three times."""
    x = Value(3.0, label="x")
    root = (x + 2) * x * x
    root.label = "y"
    root.backward()
    return root


# --- playing ------------------------------------------------------------------------
def test_arrow_keys_play_op_by_op(opened: Open) -> None:
    """From the start to the end, values appear and gradients add up."""
    page = opened(shared())
    page.press(Keys.HOME)
    assert (page.text("#count"), page.row("n2", "data")) == ("start", "…")

    page.press(Keys.ARROW_RIGHT)
    assert page.text("#count") == "forward 1/3"
    assert page.text("#step") == "n2 = add(x, n1) = 5"
    assert (page.row("n2", "data"), page.row("n3", "data")) == ("5", "…")

    page.press(*[Keys.ARROW_RIGHT] * 3)
    assert page.text("#count") == "backward begins"
    assert page.text("#step") == "to begin with, grad y = 1"

    page.press(Keys.ARROW_RIGHT)
    assert page.text("#step") == "y hands 1 × 3 = 3 to n3, 1 × 15 = 15 to x"
    assert page.row("n0", "grad") == "15"

    page.press(Keys.ARROW_RIGHT)
    assert page.text("#step").endswith("grad x = 15 + 15 = 30")
    assert page.row("n0", "grad") == "30 = 15 + 15"

    page.press(Keys.ARROW_RIGHT)
    assert page.text("#count") == "backward 3/3"
    assert page.row("n0", "grad") == "39 = 15 + 15 + 9"
    page.press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert page.row("n0", "grad") == "15"


def test_the_slider_goes_to_any_step(opened: Open) -> None:
    """It has its own keys, and says in words where it stands."""
    page = opened(shared())
    slider = page.find("#slider")
    assert slider.get_property("value") == slider.get_property("max") == "7"

    slider.send_keys(Keys.HOME)
    assert page.text("#count") == "start"
    slider.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.text("#count") == "forward 2/3"
    words = slider.get_attribute("aria-valuetext")
    assert words == f"forward 2/3: {page.text('#step')}"

    page.run("arguments[0].value = 5", slider)
    page.run("arguments[0].dispatchEvent(new Event('input'))", slider)
    assert page.text("#count") == "backward 1/3"


def test_space_plays_and_pauses(opened: Open) -> None:
    """Played from the end, the passes begin anew, and stop at the end by themselves."""
    page = opened(shared())
    page.press(" ")
    assert page.find("#play").get_attribute("aria-label") == "Pause"
    assert page.text("#count") == "start"
    page.press(" ")
    assert page.find("#play").get_attribute("aria-label") == "Play"

    page.press(Keys.END, Keys.ARROW_LEFT, " ")
    until = time.monotonic() + 10
    while page.text("#count") != "backward 3/3" and time.monotonic() < until:
        time.sleep(0.1)
    assert page.text("#count") == "backward 3/3"
    assert page.find("#play").get_attribute("aria-label") == "Play"


def test_the_last_sums_are_the_gradients(opened: Open, network: Value) -> None:
    """At the end every box shows the gradient of its node with all its digits."""
    page = opened(network)
    for i, node in enumerate(topological_order(network)):
        page.run("document.getElementById(arguments[0]).focus()", f"n{i}")
        wanted = repr(node.grad) if node.has_grad else "no gradient"

        assert page.facts()["data"] == repr(node.data)
        assert page.facts().get("grad", "no gradient") == wanted


def test_before_a_backward_pass_the_page_plays_what_it_would_do(opened: Open) -> None:
    """The picture says that none has run, and the steps show the sums."""
    x = Value(3.0, label="x")
    page = opened(x * x)

    assert "backward() has not run" in page.text("#caption")
    page.press(Keys.END)
    assert page.row("n0", "grad") == "6 = 3 + 3"


# --- looking ------------------------------------------------------------------------
def test_the_pointer_shows_numbers_and_the_source_line(opened: Open) -> None:
    """A tooltip has every digit, the file with the line, and the line itself."""
    with record_source():
        root = (Value(0.1, label="x") + 0.2).tanh()
    root.backward()
    page = opened(root)
    page.hover("#n2")
    shown = page.find("#tooltip").text

    assert "data 0.30000000000000004" in shown
    assert f"grad {root.parents[0].grad!r}" in shown
    assert "test_browser.py:" in shown
    assert 'root = (Value(0.1, label="x") + 0.2).tanh()' in shown


def test_an_arrow_shows_its_product(opened: Open) -> None:
    """The tooltip of an arrow is the term of the chain rule, with every digit."""
    page = opened(shared())
    page.hover("#e0 text")

    assert page.find("#tooltip").text.splitlines() == [
        "∂ n2 / ∂ x",
        "1.0",
        "9.0 × 1.0 = 9.0",
    ]


def test_ancestors_and_descendants_stand_out(opened: Open, neuron: Value) -> None:
    """What a box comes from and goes into stays bright, the rest is dimmed."""
    page = opened(neuron)
    page.hover("#n2")

    assert page.lit() == {"n0", "n1", "n2", "n6", "n8", "n9"}
    page.find("#n2").click()
    page.hover("h1")
    assert page.lit() == {"n0", "n1", "n2", "n6", "n8", "n9"}
    page.press(Keys.ESCAPE)
    assert page.lit() == set()


def test_the_wheel_zooms_and_the_pointer_pans(opened: Open, neuron: Value) -> None:
    """The point under the pointer stays, and a drag moves the graph along."""
    page = opened(neuron)
    before = page.find("#world").get_attribute("transform")
    page.find("#zoom-in").click()
    zoomed = page.find("#world").get_attribute("transform")
    stage = page.find("#graph")
    drag = ActionChains(page.driver).move_to_element_with_offset(stage, 0, 200)
    drag.click_and_hold().move_by_offset(40, 20).release().perform()
    panned = page.find("#world").get_attribute("transform")

    assert len({before, zoomed, panned}) == 3
    page.press("0")
    assert page.find("#world").get_attribute("transform") == before


# --- searching ----------------------------------------------------------------------
def test_search_finds_labels_operations_and_modules(
    opened: Open, network: Value
) -> None:
    """Hits are counted and marked; Enter goes round them; Escape clears all."""
    page = opened(network)
    page.press("/", *"TANH")
    assert page.text("#hits") == "3"
    assert len(page.all(".box.hit")) == 3

    page.press(Keys.ENTER)
    assert page.text("#hits") == "1/3"
    assert page.text("#panel .kind") == "tanh"
    page.press(Keys.ENTER, Keys.ENTER, Keys.ENTER)
    assert page.text("#hits") == "1/3"
    assert page.focused() == "search"

    page.press(Keys.ESCAPE)
    assert (page.text("#hits"), page.all(".box.hit")) == ("", [])
    page.press("/", *"neurons.2.bias")
    assert len(page.all(".box.hit")) == 1
    page.press(*"zzz")
    assert page.text("#hits") == "none"


def test_a_hit_inside_of_a_closed_module_marks_the_module(
    opened: Open, network: Value
) -> None:
    """What is hidden is found in the box that hides it."""
    page = opened(network, depth=0)
    page.press("/", *"weight[1]")

    assert [box.text.split("\n")[0] for box in page.all(".box.hit")] == ["MLP"]


# --- modules ------------------------------------------------------------------------
def test_buttons_open_and_close_modules(opened: Open, network: Value) -> None:
    """Each depth has its picture; the step stays, in proportion."""
    page = opened(network)
    depths = page.all("#depths button")
    assert [button.text for button in depths] == ["0", "1", "2", "all"]
    assert depths[3].get_attribute("aria-pressed") == "true"
    assert len(page.all(".box")) == 26

    page.press(Keys.ARROW_LEFT)
    depths[0].click()
    assert len(page.all(".box")) == 6
    assert page.text("#count").startswith("backward")
    page.press("]")
    assert len(page.all(".box")) == 7


def test_a_module_opens_with_enter(opened: Open, network: Value) -> None:
    """The focus goes into the module that was opened."""
    page = opened(network, depth=0)
    page.press("/", *"mlp", Keys.ENTER)
    page.run("document.querySelector('.box.hit').focus()")
    page.press(Keys.ENTER)

    assert len(page.all(".box")) == 7
    assert page.text("#panel h2").startswith("MLP.layers")
    assert page.run("return document.activeElement.matches('.box.chosen')")


def test_a_closed_module_plays_as_one(opened: Open, network: Value) -> None:
    """One step forward, one step back, and the largest gradient inside."""
    page = opened(network, depth=0)
    page.press(Keys.HOME, Keys.ARROW_RIGHT)
    assert page.text("#step") == "MLP computes its values"

    page.press(Keys.END, Keys.ARROW_LEFT)
    assert page.row("n1", "|grad| up to") == "2.683"
    page.press(Keys.ARROW_LEFT)
    assert page.row("n1", "|grad| up to") == "…"


# --- keys and ears ------------------------------------------------------------------
def test_tab_goes_from_box_to_box_and_leaves(opened: Open, neuron: Value) -> None:
    """One box is a stop; from there Tab follows the topological order, then leaves."""
    page = opened(neuron)
    assert len(page.all(".box[tabindex='0']")) == 1
    page.run("document.getElementById('n0').focus()")
    visited = [page.focused()]
    for _ in range(9):
        page.press(Keys.TAB)
        visited.append(page.focused())

    assert visited == [f"n{i}" for i in range(10)]
    page.press(Keys.TAB)
    assert not page.focused().startswith("n")
    page.run("document.getElementById('n5').focus()")
    back = ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB)
    back.key_up(Keys.SHIFT).perform()
    assert page.focused() == "n4"
    page.press(Keys.ESCAPE)
    assert page.focused() == "slider"


def test_up_and_down_follow_the_arrows(opened: Open, neuron: Value) -> None:
    """Up goes to an operand of the box, down to what uses it."""
    page = opened(neuron)
    page.run("document.getElementById('n9').focus()")
    page.press(Keys.ARROW_UP, Keys.ARROW_UP)
    assert page.focused() == "n6"
    page.press(Keys.ARROW_DOWN)
    assert page.focused() == "n8"


def test_a_step_is_announced(opened: Open) -> None:
    """A polite region says what a key did."""
    page = opened(shared())
    status = page.find("#status")
    assert status.get_attribute("aria-live") == "polite"
    page.press(Keys.ARROW_LEFT)

    assert page.text("#status") == f"{page.text('#count')}: {page.text('#step')}"


def test_everything_has_a_role_and_a_name(opened: Open, network: Value) -> None:
    """In the tree that screen readers read, no control and no box is without a name."""
    page = opened(network)
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    seen = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node["ignored"]
    ]
    named = {"button", "option", "slider", "searchbox", "listbox", "group", "status"}
    silent = [role for role, name in seen if role in named - {"status"} and not name]

    assert silent == []
    assert sum(role == "option" for role, _ in seen) == 26
    assert {role for role, _ in seen} >= named
    assert ("listbox", "Graph of loss: 26 values") in seen


def test_the_keys_are_explained(opened: Open, neuron: Value) -> None:
    """A question mark opens a dialog, Escape closes it."""
    page = opened(neuron)
    page.press("?")
    assert page.find("#keys").is_displayed()
    page.press(Keys.ESCAPE)
    assert not page.find("#keys").is_displayed()


# --- themes -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("system", "theme", "paper"),
    [
        ("light", None, "rgb(255, 255, 255)"),
        ("dark", None, "rgb(21, 25, 29)"),
        ("dark", "light", "rgb(255, 255, 255)"),
        ("light", "dark", "rgb(21, 25, 29)"),
    ],
)
def test_the_theme_is_that_of_the_system_or_the_one_asked_for(
    opened: Open, neuron: Value, system: str, theme: str | None, paper: str
) -> None:
    """The page is dark where the system is, unless an option says otherwise."""
    page = opened(neuron, **({"theme": theme} if theme else {}))
    media = {"features": [{"name": "prefers-color-scheme", "value": system}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    found = page.run("return getComputedStyle(document.body).backgroundColor")
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert found == paper


def test_motion_is_reduced_where_it_is_asked_for(opened: Open, neuron: Value) -> None:
    """Nothing fades where the reader's system says so."""
    page = opened(neuron)
    script = (
        "return getComputedStyle(document.querySelector('.box')).transitionDuration"
    )
    assert page.run(script) != "0s"
    media = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    found = page.run(script)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert found == "0s"


# --- safety and size ----------------------------------------------------------------
def test_hostile_labels_are_read_as_text(opened: Open) -> None:
    """Every label is shown as one line of text; none makes an element or an alert."""
    total = Value(0.0)
    for label in LABELS:
        total = total + Value(1.0, label=label)
    total.label = '"><img src=x onerror=alert(1)>'
    total.backward()
    page = opened(total)
    shown = [box.get_property("textContent") for box in page.all(".box .label")]

    assert {one_line(label) for label in LABELS} <= set(shown)
    assert page.all("img, script:not([id]) ~ script, iframe, b") == []
    for i in range(len(page.all(".box"))):
        page.run("document.getElementById(arguments[0]).focus()", f"n{i}")
    assert "<img src=x onerror=alert(1)>" in page.text("#panel h2")
    assert page.all("img") == []


def test_the_page_asks_for_nothing(opened: Open, neuron: Value) -> None:
    """No resource is loaded, and what would load one is stopped."""
    page = opened(neuron)
    loaded = "return performance.getEntriesByType('resource').length"
    assert page.run(loaded) == 0

    page.run("document.body.append(Object.assign(new Image(), {src: 'http://[::1]/'}))")
    (complaint,) = page.errors()
    assert "Content Security Policy" in complaint


def test_five_thousand_nodes_can_be_used(opened: Open) -> None:
    """A large graph opens, steps, searches and zooms while one looks on."""
    page = opened(scalars(5_000), limit=10_000)
    assert page.run("return document.querySelectorAll('.box').length") >= 5_000
    script = """
        const start = performance.now();
        document.getElementById(arguments[0]).click();
        document.body.getBoundingClientRect();
        return performance.now() - start;"""
    took = {id_: page.run(script, id_) for id_ in ("back", "next", "to-start", "fit")}

    assert took["next"] < 1_000
    assert max(took.values()) < 8_000
    page.press("/", *"tanh", Keys.ENTER)
    assert page.text("#hits").startswith("1/")
