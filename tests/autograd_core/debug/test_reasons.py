"""Why a gradient is zero, huge or missing: by hand, and never a false word."""

import math
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_passes import Reference, roots

from autograd_core import (
    Op,
    Value,
    detect_anomaly,
    dot,
    exp,
    hook,
    log,
    record_source,
    relu,
    sigmoid,
    sqrt,
    tanh,
    total,
    where,
)
from autograd_core.debug import Tape, explain
from autograd_core.debug.explanation import explain_on
from autograd_core.inspection import number


def leaf(number: float, label: str) -> Value:
    """Return an input with a name."""
    return Value(number, label=label)


def named(node: Value, label: str) -> Value:
    """Give a node a name."""
    node.label = label
    return node


# --- by hand ------------------------------------------------------------------------
def dead_relu(x: Value) -> Value:
    """At x = -2: relu is flat below 0."""
    return relu(named(x * 3.0 + 1.0, "z")) * 2.0


def saturated_tanh(x: Value) -> Value:
    """At x = -2: so far out tanh is 1 to the last bit."""
    return named(tanh(named(x * 400.0, "z")), "h") * 2.0


def saturated_sigmoid(x: Value) -> Value:
    """At x = -2: e⁻⁸⁰⁰ is less than any float."""
    return named(sigmoid(named(x * 400.0, "z")), "h") * 2.0


def nearly_saturated(x: Value) -> Value:
    """At x = -2: tanh is nearly flat."""
    return named(tanh(named(x * 6.0, "z")), "h") * 2.0


def dead_partner(x: Value) -> Value:
    """At x = -2: what it is multiplied with is 0."""
    return x * named(relu(leaf(-1.0, "w")), "h")


def zero_weight(x: Value) -> Value:
    """At x = -2: a dot hands each operand its partner."""
    return dot([leaf(1.0, "a"), x], [leaf(2.0, "b"), leaf(0.0, "w")])


def times_nothing(x: Value) -> Value:
    """At x = -2: a term that was switched off."""
    return named(exp(x), "h") * 0.0


def zero_far_upstream(x: Value) -> Value:
    """At x = -2: the zero arose four nodes from where it is seen."""
    return tanh(exp(named(tanh(x) * 3.0, "h") * 0.5)) * leaf(0.0, "off")


def cancelled(x: Value) -> Value:
    """At x = -2: what one term adds the other one takes."""
    return named(x * 7.0, "up") - named(x * 7.0, "down")


def cancelled_upstream(x: Value) -> Value:
    """At x = -2: the same, two nodes further up."""
    y = named(exp(x), "y")
    return y * 7.0 - y * 7.0


def nearly_cancelled(x: Value) -> Value:
    """At x = -2: of 7 and -6.999 only 0.001 is left."""
    return x * 7.0 - x * 6.999


def nearly_cancelled_upstream(x: Value) -> Value:
    """At x = -2: a product of ordinary factors, and yet it is tiny."""
    y = named(x * 2.0, "y")
    return y * 7.0 - y * (7.0 - 1e-9)


def underflow(x: Value) -> Value:
    """At x = -2: a product of two ordinary floats that is none."""
    return named(x * 1e-200, "small") * 1e-200


def root_at_zero(x: Value) -> Value:
    """At x = -2: the slope of a square root at 0 is infinite."""
    return sqrt(named(x + 2.0, "z")) * 3.0


def zero_times_infinity(x: Value) -> Value:
    """At x = -2: a term switched off by 0, whose slope is infinite."""
    return named(sqrt(named(x + 2.0, "z")), "r") * 0.0


def overflow(x: Value) -> Value:
    """At x = -2: a product beyond the largest float."""
    return named(x * 1e200, "large") * 1e200


def overflow_of_a_sum(x: Value) -> Value:
    """At x = -2: two terms that are floats, whose sum is none."""
    return x * 1.7e308 + x * 1.7e308


def opposed(x: Value) -> Value:
    """At x = -2: one term is inf, the other -inf."""
    return named(x * math.inf, "a") - named(x * math.inf, "b")


def near_a_pole(x: Value) -> Value:
    """At x = -2: 1/z² near 0."""
    return 1.0 / named(x + (2.0 + 2.0**-20), "z")


def many_small(x: Value) -> Value:
    """At x = -2: nothing is large but how many there are."""
    return total([x * 1.0 for _ in range(2000)])


def branch_not_taken(x: Value) -> Value:
    """At x = -2: the other branch."""
    return named(where(x > 0, named(x * 2.0, "a"), leaf(1.0, "b")), "h") * 3.0


def frozen(x: Value) -> Value:
    """At x = -2: somebody made a constant of what lies in between."""
    y = named(x * 2.0, "y")
    y.requires_grad = False
    return y + leaf(1.0, "b")


def hooked_to_zero(x: Value) -> Value:
    """At x = -2: a hook threw the gradient away."""
    y = named(x * 2.0, "y")
    hook(y, lambda gradient: 0.0)
    return y * 3.0


BY_HAND: list[tuple[Callable[[Value], Value], str]] = [
    (dead_relu, "n5 = relu(z) has the local derivative 0 at z = -5"),
    (saturated_tanh, "h = tanh(z) has the local derivative 0 at z = -800"),
    (saturated_sigmoid, "h = sigmoid(z) has the local derivative 0 at z = -800"),
    (
        nearly_saturated,
        "it came along one path: the smallest of its 3 factors is ∂h/∂z = 1.51e-10, "
        "for h = tanh(z) at z = -12",
    ),
    (
        dead_partner,
        "n3 = x * h has the local derivative 0 with respect to x: it is h, which is 0",
    ),
    (
        zero_weight,
        "n5 = dot(a, x, b, w, 0) has the local derivative 0 with respect to x: it is "
        "w, which is 0",
    ),
    (times_nothing, "n3 = h * 0 has the local derivative 0 with respect to h"),
    (
        zero_far_upstream,
        "n9 = n7 * off has the local derivative 0 with respect to n7: it is off, "
        "which is 0",
    ),
    (cancelled, "the 2 terms of x cancel: 0 is left of terms up to 7"),
    (cancelled_upstream, "the 2 terms of y cancel: 0 is left of terms up to 7"),
    (nearly_cancelled, "the 2 terms of x cancel: 0.001 is left of terms up to 7"),
    (
        nearly_cancelled_upstream,
        "the 2 terms of y cancel: 1e-9 is left of terms up to 7",
    ),
    (
        underflow,
        "small = x * 1e-200 hands on 1e-200 × 1e-200 = 0, a number too small for a "
        "float",
    ),
    (root_at_zero, "n3 = sqrt(z) has the local derivative inf at z = 0"),
    (
        zero_times_infinity,
        "r = sqrt(z) has the local derivative inf at z = 0; 0 × inf = nan",
    ),
    (
        overflow,
        "large = x * 1e200 hands on 1e200 × 1e200 = inf, a number too large for a "
        "float",
    ),
    (overflow_of_a_sum, "the sum of the 2 terms of x is too large for a float"),
    (opposed, "among the 2 terms of x are inf and -inf: their sum is nan"),
    (
        near_a_pole,
        "it came along one path: the largest of its 2 factors is ∂n4/∂z = -1.1e12, "
        "for n4 = 1 / z at z = 9.537e-7",
    ),
    (
        many_small,
        "of all its paths the heaviest has 0% of the weight: 1, a product of 2 factors",
    ),
    (
        branch_not_taken,
        "h = where(0, a, b) hands nothing to a: it took the other branch",
    ),
    (frozen, "y = x * 2 needs no gradient, so it hands none on"),
    (hooked_to_zero, "a hook made 0 of the gradient 3 of y"),
]


@pytest.mark.parametrize(("make", "sentence"), BY_HAND)
def test_each_way_to_lose_a_gradient(
    make: Callable[[Value], Value], sentence: str
) -> None:
    """A learner is told the cause, where it arose."""
    x = leaf(-2.0, "x")
    loss = make(x)
    loss.backward()

    assert explain(x).reasons[0] == sentence
    assert explain(x).text.endswith("\n".join(explain(x).reasons))


def test_the_line_is_told() -> None:
    """Where sources were kept, the cause has a file and a line."""
    with record_source():
        x = leaf(-2.0, "x")
        y = relu(x)
    place = y.source.place if y.source else "nowhere"

    assert explain(x, y * 2.0).reasons == (
        f"n1 = relu(x) has the local derivative 0 at x = -2 ({place})",
    )


def test_a_constant_gets_no_gradient() -> None:
    """So does what was detached, and all of a graph of constants."""
    x = leaf(3.0, "x")
    constant = Value(2.0, requires_grad=False)
    for node in (constant, x.detach()):
        found = explain(node, node * x)
        assert found.reasons == ("it is a constant: no gradient flows into it",)
    y = named(x * 2.0, "y")
    y.requires_grad = False
    assert explain(x, y).reasons == (
        "no backward pass starts from y, which needs no gradient",
    )


def test_before_its_time_a_gradient_is_not_missing() -> None:
    """The backward pass has to come there first."""
    x = leaf(3.0, "x")
    tape = Tape(relu(x) * 2.0)
    for moment in range(len(tape)):
        tape.go_to(moment)
        assert explain_on(tape, x).reasons == (
            "the backward pass has not come to it yet",
        )


def test_the_root_begins() -> None:
    """Its gradient is 1, and comes from nowhere."""
    x = leaf(3.0, "x")
    assert explain(x, x).reasons == (
        "it is the root, where the backward pass starts with a gradient of 1",
    )


def test_several_causes() -> None:
    """All have to be mended: the first three are named and the others counted."""
    x = leaf(-1.0, "x")
    found = explain(x, total([relu(x * float(i + 1)) for i in range(10)])).reasons

    assert len(found) == 4
    assert all("relu" in sentence for sentence in found[:3])
    assert found[3] == "and 7 causes more"


def test_both_factors_may_be_lost() -> None:
    """Where the local derivative is 0 and the gradient upstream too, both are told."""
    x, w = leaf(-1.0, "x"), leaf(3.0, "w")
    h = named(relu(x), "h")
    loss = named(h * w, "y") * 0.0

    assert explain(w, loss).reasons == (
        "y = h * w has the local derivative 0 with respect to w: it is h, which is 0",
        "n5 = y * 0 has the local derivative 0 with respect to y",
    )


def test_an_ordinary_gradient_is_not_noteworthy() -> None:
    """No news is good news."""
    x = leaf(0.5, "x")
    y = tanh(x * 2.0) + log(x)
    assert explain(x, y).reasons == ()


def test_a_row_of_somebodys_own_that_takes_only_floats() -> None:
    """Its local derivative cannot be read off, and the operands are told instead."""
    row = Op("cosine", math.cos, (lambda y, x: -math.sin(x),))
    x = leaf(0.0, "x")

    assert explain(x, row(x) * 2.0).reasons == (
        "n1 = cosine(x) has the local derivative -0 at x = 0",
    )


def test_a_row_that_hands_nothing_on() -> None:
    """A branch is what `where` has; another row has no derivative."""
    row = Op("step", lambda x: 1.0, (lambda y, x: None,))
    x = leaf(0.0, "x")

    assert explain(x, row(x) * 2.0).reasons == (
        "n1 = step(x) hands nothing to x: it has no derivative by it here",
    )


def test_a_detector_does_not_mind() -> None:
    """What is computed for an explanation is no anomaly of the program."""
    x = leaf(1e200, "x")
    y = x * x
    loss = y * 1e200
    with detect_anomaly():
        found = explain(x, loss)

    assert found.reasons


# --- nothing false ------------------------------------------------------------------
LOCAL = re.compile(
    r"(?P<child>\w+) = .* has the local derivative (?P<local>\S+?)"
    r"(?: with respect to (?P<parent>[^\s:]+))?"
    r"(?:: it is (?P<same>\w+), which is (?P<value>\S+?))?"
    r"(?: at (?P<at>[^;]*))?(?:; (?P<up>\S+) × (?P<again>\S+) = nan)?"
)
PRODUCT = re.compile(
    r"(?P<child>\w+) = .* hands on (?P<up>\S+) × (?P<local>\S+) = (?P<amount>\S+), "
    r"(?P<what>.*)"
)
SUM = re.compile(r"the (?P<n>\d+) terms? of (?P<node>\w+) cancel: (?P<rest>\S+) is .*")
OVER = re.compile(r"the sum of the \d+ terms? of (?P<node>\w+) is too large .*")
OPPOSED = re.compile(r"among the \d+ terms of (?P<node>\w+) are inf and -inf: .*")
ONE_PATH = re.compile(r"it came along one path: (?P<what>.*)")
PATHS = re.compile(r"of all its paths the heaviest has \d+% of the weight: .*")
REFUSED = re.compile(r"(?P<child>\w+) = .* hands nothing to (?P<parent>\w+): .*")
ALONE = re.compile(r"what came along its paths cancels: .*")
MORE = re.compile(r"and \d+ causes? more")


class Judge:
    """Holds each sentence against both passes, done in the plainest way."""

    def __init__(self, root: Value, moment: int) -> None:
        self.reference = Reference(root)
        self.grads = self.reference.grads(moment)
        self.done = {
            n for kind, n in self.reference.schedule[:moment] if kind[0] == "b"
        }

    def node(self, name: str) -> Value:
        """Return the node of an id."""
        return self.reference.nodes[int(name.removeprefix("n"))]

    def shown(self, node: Value) -> str:
        """Return what a node is called, of a constant its number."""
        plain = node.is_leaf and not node.requires_grad
        if plain:
            return number(self.reference.values[node])
        return f"n{self.reference.nodes.index(node)}"

    def uses(self, child: Value) -> Iterator[tuple[Value, float]]:
        """Yield each operand with the local derivative by it."""
        locals_ = self.reference.local_derivatives(child)
        for parent, local in zip(child.parents, locals_, strict=True):
            if local is not None:
                yield parent, local

    def terms(self, node: Value) -> list[float]:
        """Return what has been handed to a node."""
        return [
            self.grads[child] * local
            for child in reversed(self.reference.nodes)
            if child in self.done and child in self.grads
            for parent, local in self.uses(child)
            if parent is node
        ]

    def is_true(self, sentence: str, node: Value, gradient: float | None) -> bool:
        """Tell whether what is said holds."""
        if match := LOCAL.fullmatch(sentence):
            return self._local(match)
        if match := PRODUCT.fullmatch(sentence):
            return self._product(match)
        if match := SUM.fullmatch(sentence):
            terms = self.terms(self.node(match["node"]))
            rest = sum(terms)
            small = abs(rest) < 1e-3 * max(map(abs, terms))
            return len(terms) == int(match["n"]) and small
        if match := OVER.fullmatch(sentence):
            terms = self.terms(self.node(match["node"]))
            return all(map(math.isfinite, terms)) and not math.isfinite(sum(terms))
        if match := OPPOSED.fullmatch(sentence):
            return math.isnan(sum(terms := self.terms(self.node(match["node"])))) and (
                not any(map(math.isnan, terms))
            )
        if match := REFUSED.fullmatch(sentence):
            child, parent = self.node(match["child"]), self.node(match["parent"])
            none_sent = parent not in [p for p, _ in self.uses(child)]
            return child in self.grads and none_sent and parent in child.parents
        return self._plain(sentence, node, gradient)

    def _local(self, match: re.Match[str]) -> bool:
        child = self.node(match["child"])
        at = dict(each.split(" = ") for each in (match["at"] or "").split(", ") if each)
        values = self.reference.values
        if any(number(values[self.node(name)]) != x for name, x in at.items()):
            return False
        same = match["same"]
        if same and number(values[self.node(same)]) != match["value"]:
            return False
        return any(
            number(local) == match["local"]
            and match["parent"] in (None, self.shown(parent))
            and (not match["up"] or math.isnan(self.grads[child] * local))
            for parent, local in self.uses(child)
        )

    def _product(self, match: re.Match[str]) -> bool:
        child = self.node(match["child"])
        upstream = self.grads[child]
        for _, local in self.uses(child):
            amount = upstream * local
            is_it = [number(upstream), number(local), number(amount)] == [
                *match.group("up", "local", "amount")
            ]
            lost = amount == 0 and upstream and local
            burst = math.isinf(amount) and math.isfinite(upstream + local)
            undefined = math.isnan(amount) and not math.isnan(upstream + local)
            words = {"small": lost, "large": burst, "which no number is": undefined}
            if is_it and any(w in match["what"] and fact for w, fact in words.items()):
                return True
        return False

    def _plain(self, sentence: str, node: Value, gradient: float | None) -> bool:
        if sentence.startswith("it is a constant"):
            return not node.requires_grad
        if sentence.startswith("it is the root"):
            return node is self.reference.root and gradient == 1
        if sentence.startswith("the backward pass has not come"):
            return gradient is None
        if ONE_PATH.fullmatch(sentence):
            return gradient is not None and self._count_of_paths(node) == 1
        if PATHS.fullmatch(sentence) or ALONE.fullmatch(sentence):
            return gradient is not None and self._count_of_paths(node) > 1
        return MORE.fullmatch(sentence) is not None

    def _count_of_paths(self, node: Value) -> int:
        counts = {self.reference.root: 1}
        for child in reversed(self.reference.nodes):
            for parent, local in self.uses(child):
                if local:
                    counts[parent] = counts.get(parent, 0) + counts.get(child, 0)
        return counts.get(node, 0)


@given(roots(), st.integers(0, 10**6), st.floats(0, 1) | st.just(1.0))
def test_nothing_false_is_said(root: Value, place: int, share: float) -> None:
    """Each sentence holds, at every moment; a lost gradient always has a reason."""
    tape = Tape(root)
    tape.go_to(round(share * len(tape)))
    node = tape.nodes[place % len(tape.nodes)]
    found, gradient = explain_on(tape, node), tape.grad(node)
    judge = Judge(root, tape.moment)

    for sentence in found.reasons:
        assert judge.is_true(sentence, node, gradient), sentence
    if gradient is None or gradient == 0 or not math.isfinite(gradient):
        assert found.reasons
