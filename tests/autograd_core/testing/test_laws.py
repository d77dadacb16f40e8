"""Each law holds of this engine wherever it is asked, and catches what breaks it."""

import math
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from expressions import Step, evaluate, on_rows, steps
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import (
    OPS,
    Interval,
    NaryOp,
    Op,
    Value,
    asin,
    atanh,
    cos,
    div,
    exp,
    hypot,
    log,
    sigmoid,
    sin,
    tanh,
    topological_order,
    total,
)
from autograd_core.linearization import Linearization
from autograd_core.testing import laws
from autograd_core.testing.laws import (
    assert_adjoint,
    assert_backward_twice,
    assert_chain_rule,
    assert_homogeneous,
    assert_inverse,
    assert_laws,
    assert_linear,
    assert_permutable,
    assert_product_rule,
    assert_raises_alike,
    assert_sharing_is_free,
)
from autograd_core.testing.report import DerivativeError

Function = Callable[..., Any]
Patch = pytest.MonkeyPatch

NUMBERS = st.floats(-2, 2) | st.floats(allow_nan=False, allow_infinity=False)
POINTS = st.tuples(NUMBERS, NUMBERS)
FUNCTIONS = st.builds(lambda drawn: Drawn(drawn), steps(max_size=4))


class Drawn:
    """A function of numbers or Values, made of random steps."""

    def __init__(self, drawn: Sequence[Step]) -> None:
        self.drawn = drawn

    def __call__(self, *xs: Any) -> Any:
        """Return the last result."""
        return evaluate(self.drawn, xs, on_rows)[-1]

    def __repr__(self) -> str:
        return f"Drawn({self.drawn})"


# --- the laws hold ------------------------------------------------------------------
@pytest.mark.parametrize("row", OPS.values(), ids=OPS)
def test_every_row_obeys_the_laws(row: Op) -> None:
    """No row of the table raises an alarm, at hostile operands either."""
    assert_laws(row)


@given(FUNCTIONS, FUNCTIONS, POINTS, NUMBERS, NUMBERS)
def test_sums_and_products_of_random_functions(
    f: Function, g: Function, x: tuple[float, float], a: float, b: float
) -> None:
    """The gradient is linear, and obeys the product rule, with any factors at all."""
    assert_linear(f, g, x)
    assert_linear(f, g, x, a, b)
    assert_product_rule(f, g, x)


@given(FUNCTIONS, FUNCTIONS, POINTS)
def test_compositions_of_random_functions(
    f: Function, g: Function, x: tuple[float, float]
) -> None:
    """The chain rule holds through two intermediate results, and sharing is free."""
    assert_chain_rule(f, lambda *xs: (g(*xs), f(*xs)), x)
    assert_sharing_is_free(f, x)


@given(FUNCTIONS, FUNCTIONS, POINTS, POINTS, POINTS)
def test_jacobians_of_random_functions(
    f: Function, g: Function, x: Any, v: Any, w: Any
) -> None:
    """Forward and reverse mode are adjoint along any vectors."""
    assert_adjoint(lambda *xs: (f(*xs), [g(*xs)]), x, v, (w[0], [w[1]]))


@given(FUNCTIONS, POINTS)
def test_passes_over_random_functions(f: Function, x: tuple[float, float]) -> None:
    """Two passes are twice one, and none raises."""
    assert_backward_twice(f, x)
    assert_raises_alike(f, f, *x)


@given(FUNCTIONS, POINTS)
def test_random_homogeneous_functions(f: Function, x: tuple[float, float]) -> None:
    """Euler's theorem holds of functions of the ratio, and of the direction."""

    def of_direction(a: Any, b: Any) -> Any:
        r = hypot(a, b)
        return f(div(a, r), div(b, r)) * r**3

    assert_homogeneous(lambda a, b: f(div(a, b), div(b, a)), x, degree=0)
    assert_homogeneous(of_direction, x, degree=3)


@given(NUMBERS)
def test_inverses_of_composed_functions(x: float) -> None:
    """Wherever its digits last, the derivative of f⁻¹∘f is 1."""
    assert_inverse(lambda x: exp(tanh(x)), lambda y: atanh(log(y)), x)
    assert_inverse(lambda x: x * x * x + 1, lambda y: OPS["cbrt"](y - 1), x)


def test_points_are_nested_structures() -> None:
    """What `grad` takes, the laws take."""
    x = ({"w": [1.0, 2.0]}, 3.0)

    def f(p: Any, b: Any) -> Any:
        return sin(p["w"][0]) * p["w"][1] + b

    assert_product_rule(f, f, x)
    assert_sharing_is_free(f, x)
    assert_adjoint(f, x, v=({"w": [1.0, -1.0]}, 2.0), w=5.0)
    assert_linear(total, total, [1.0, 2.0, 3.0])


def test_functions_may_be_constant() -> None:
    """A result that depends on nothing has the gradient 0, without a warning."""
    assert_linear(lambda x: 3.0, sin, 0.5)
    assert_product_rule(lambda x: 3.0, lambda x: 2, 0.5)
    assert_chain_rule(sin, lambda x: 2.0, 0.5)
    assert_sharing_is_free(lambda x: 3.0, 0.5)
    assert_adjoint(lambda x: [3.0, x], 0.5, 1.0, [1.0, 1.0])
    assert_backward_twice(lambda x: 3.0, 0.5)
    assert_homogeneous(lambda x: 3.0, 0.5, degree=0)


@pytest.mark.parametrize(
    "law",
    [
        lambda: assert_inverse(tanh, atanh, 30.0),
        lambda: assert_inverse(exp, log, 800.0),
        lambda: assert_inverse(OPS["atan"], OPS["tan"], -1e200),
        lambda: assert_linear(lambda x: x * 1e200 * 1e200 * 1e-300, sin, 1e-200),
        lambda: assert_chain_rule(lambda u: u * 1e200 * 1e200 * 1e-300, abs, 1e-200),
        lambda: assert_adjoint(lambda x: x * 1e9 * 1e-9, 1.0, v=1e303, w=0.0),
        lambda: assert_adjoint(lambda x: x * 1e-9 * 1e9, 1.0, v=1e-320, w=1e300),
        lambda: assert_homogeneous(lambda a, b: a - b, (1.0, 1.0 + 1e-15), 1),
        lambda: assert_product_rule(log, div_by_zero, 0.0),
    ],
)
def test_a_law_says_nothing_where_rounding_decides(law: Callable[[], None]) -> None:
    """Overflow, underflow, cancellation and poles are no fault of the derivative."""
    law()


def div_by_zero(x: Any) -> Any:
    """Return 1/x."""
    return div(1.0, x)


# --- the laws catch faults ----------------------------------------------------------
def patched_row(patch: Patch, name: str, *partials: Function) -> None:
    """Give a row of the table other partials."""
    patch.setitem(vars(OPS[name]), "partials", partials)


def backward_that(fault: str) -> Function:
    """Return a backward pass with a fault, or without."""

    def run_backward(root: Value) -> None:
        nodes = [n for n in topological_order(root) if n.requires_grad]
        before = {node: node.grad for node in nodes}
        for node in nodes:
            node.grad = before[node] if fault == "keeps interior gradients" else 0.0
        root.grad += 1.0
        for node in nodes if fault == "walks forward" else reversed(nodes):
            spread(node)
        for node in nodes:
            if node.is_leaf and fault not in ("keeps interior gradients", "forgets"):
                node.grad += before[node]

    def spread(node: Value) -> None:
        seen = set()
        for parent, local in zip(node.parents, node.local_derivatives(), strict=True):
            if local is None or (fault == "drops repeats" and parent in seen):
                continue
            seen.add(parent)
            sent = node.grad * (-local if fault == "changes the sign" else local)
            parent.grad = sent if fault == "assigns" else parent.grad + sent

    return run_backward


def patched_backward(patch: Patch, fault: str) -> None:
    """Put a backward pass with a fault in the place of the engine's."""
    patch.setattr("autograd_core.value.run_backward", backward_that(fault))


def doubled_push(patch: Patch) -> None:
    """Let forward mode give twice the derivative."""
    push = Linearization.push
    patch.setattr(Linearization, "push", lambda *a: [2 * r for r in push(*a)])


def deaf_zero_grad(patch: Patch) -> None:
    """Let zero_grad clear nothing."""
    patch.setattr("autograd_core.testing.equations.zero_grad", lambda nodes: None)


def polynomial(x: Any) -> Any:
    """Use x more than once, at different depths."""
    return x * x * x - 3.0 * x


BACKWARD_FAULTS = [
    ("assigns", lambda: assert_linear(sin, cos, 0.5), "linearity of 2.0·sin"),
    ("assigns", lambda: assert_product_rule(sin, cos, 0.5), "the product rule of sin"),
    ("assigns", lambda: assert_chain_rule(polynomial, sin, 0.5), "the chain rule of"),
    ("assigns", lambda: assert_sharing_is_free(sin, 0.5), "the sharing of sin at 0.5"),
    ("drops repeats", lambda: assert_sharing_is_free(sin, 0.5), "the sharing of sin"),
    ("drops repeats", lambda: assert_chain_rule(polynomial, sin, 0.5), "chain rule"),
    (
        "drops repeats",
        lambda: assert_homogeneous(lambda x: x * x, 3.0, degree=2),
        "Euler's theorem",
    ),
    (
        "keeps interior gradients",
        lambda: assert_backward_twice(polynomial, 0.5),
        "backward twice of polynomial at 0.5 fails: .* should have grad=",
    ),
    ("forgets", lambda: assert_backward_twice(sin, 0.5), "backward twice of sin"),
    (
        "walks forward",
        lambda: assert_chain_rule(cos, sin, 0.5),
        "the chain rule of cos",
    ),
    ("walks forward", lambda: assert_inverse(sin, asin, 0.5), "the inverse asin"),
    ("changes the sign", lambda: assert_linear(sin, cos, 0.5), "linearity"),
    ("changes the sign", lambda: assert_laws(sin), "the sharing of sin"),
]


@pytest.mark.parametrize(("fault", "law", "message"), BACKWARD_FAULTS)
def test_a_law_catches_a_wrong_backward_pass(
    monkeypatch: Patch, fault: str, law: Callable[[], None], message: str
) -> None:
    """Each classic mistake in a backward pass fails a law, by its name."""
    patched_backward(monkeypatch, fault)

    with pytest.raises(AssertionError, match=message):
        law()


def test_the_backward_pass_without_a_fault_obeys_the_laws(monkeypatch: Patch) -> None:
    """What the laws catch above is the fault, not the pass that it was put in."""
    patched_backward(monkeypatch, "nothing")

    for name in ("sin", "mul", "dot", "where"):
        assert_laws(OPS[name])


ROW_FAULTS = [
    ("sin", [lambda y, x: -cos(x)], lambda: assert_inverse(sin, asin, 0.5), "inverse"),
    (
        "asin",
        [lambda y, x: 1.0],
        lambda: assert_inverse(sin, asin, 0.5),
        "inverse asin",
    ),
    (
        "hypot",
        [lambda y, a, b: b / y, lambda y, a, b: a / y],
        lambda: assert_homogeneous(hypot, (3.0, 4.0), degree=1),
        r"Euler's theorem of hypot at \(3.0, 4.0\), degree 1, fails: 4.8",
    ),
    (
        "hypot",
        [lambda y, a, b: a / y, lambda y, a, b: 2 * b / y],
        lambda: assert_permutable(hypot, (3.0, 4.0)),
        r"the exchange \[1, 0\] of operands of hypot",
    ),
    (
        "mul",
        [lambda y, a, b: a, lambda y, a, b: b],
        lambda: assert_product_rule(sin, cos, 0.5),
        "the product rule of sin·cos at 0.5 fails",
    ),
    (
        "add",
        [lambda y, a, b: 1.0, lambda y, a, b: -1.0],
        lambda: assert_linear(sin, cos, 0.5),
        "linearity of 2.0·sin .* -3.0·cos at 0.5 fails",
    ),
    ("exp", [lambda y, x: y * (1 + 1e-12)], lambda: assert_laws(exp), "inverse log"),
    ("erf", [lambda y, x: 2 * y], lambda: assert_laws(OPS["erf"]), "local derivative"),
]


@pytest.mark.parametrize(("name", "partials", "law", "message"), ROW_FAULTS)
def test_a_law_catches_a_wrong_partial(
    monkeypatch: Patch,
    name: str,
    partials: list[Function],
    law: Callable[[], None],
    message: str,
) -> None:
    """Wrong signs, exchanged operands and lost digits fail a law, by its name."""
    patched_row(monkeypatch, name, *partials)

    with pytest.raises(AssertionError, match=message):
        law()


def test_permutations_of_sequences_are_found(monkeypatch: Patch) -> None:
    """One wrong derivative among five fails, of a sum and of the pairs of `dot`."""
    wrong = {
        "total": lambda y, *xs: [1.0, 1.0, 1.0, 1.0, 2.0],
        "dot": lambda y, a, b, c, d, e: [c, d, a, 2 * b, 1.0],
    }
    for name, partials in wrong.items():
        monkeypatch.setitem(vars(OPS[name]), "partials", partials)
        with pytest.raises(AssertionError, match=f"of operands of {name}"):
            assert_permutable(OPS[name], (1.0, 2.0, 3.0, 4.0, 5.0))


def test_symmetry_by_coincidence_is_none() -> None:
    """2⁴ is 4², and 1e-300 to the 1e-310 is 1, but powers may not be exchanged."""
    assert_permutable(OPS["power"], (2.0, 4.0))
    assert_permutable(OPS["power"], (1e-300, 1e-310))


def test_forward_mode_that_is_not_adjoint_is_caught(monkeypatch: Patch) -> None:
    """A fault of one mode shows against the other."""
    doubled_push(monkeypatch)

    with pytest.raises(AssertionError, match=r"⟨Jv, w⟩ = ⟨v, Jᵀw⟩ for mul at \(2"):
        assert_adjoint(OPS["mul"], (2.0, 3.0), (1.0, 1.0), 1.0)


def test_a_zero_grad_that_clears_nothing_is_caught(monkeypatch: Patch) -> None:
    """What is left behind is told."""
    deaf_zero_grad(monkeypatch)

    with pytest.raises(AssertionError, match="zero_grad leaves a gradient behind"):
        assert_backward_twice(sin, 0.5)


def test_a_function_that_changes_is_caught() -> None:
    """What is computed again must be the same."""
    rng = Random(0)

    with pytest.raises(AssertionError, match="the sharing of <lambda>"):
        assert_sharing_is_free(lambda x: sin(x * rng.random()), 0.5)


def test_a_function_that_is_no_inverse_is_caught() -> None:
    """The other branch, a factor and a constant are no inverses."""
    for f, f_inverse, x in (
        (sin, asin, 2.0),
        (sin, lambda y: 2 * asin(y), 0.5),
        (sin, lambda y: 0.5, 0.5),
    ):
        with pytest.raises(AssertionError, match="the inverse"):
            assert_inverse(f, f_inverse, x)


def test_a_wrong_degree_is_caught() -> None:
    """A function is homogeneous of one degree only."""
    with pytest.raises(AssertionError, match=r"of hypot at .*, degree 2, fails"):
        assert_homogeneous(hypot, (3.0, 4.0), degree=2)


def test_raising_where_the_plain_function_does_not_is_caught() -> None:
    """Both the function on Values and the backward pass may raise, and are named."""
    root = Op("root", math.sqrt, (lambda y, x: 0.5 / y,))
    assert_raises_alike(root, math.sqrt, -1.0)
    assert_raises_alike(root, math.sqrt, 1.0)
    with pytest.raises(
        AssertionError, match=r"root raises at \(0.0,\) where sqrt does"
    ):
        assert_raises_alike(root, math.sqrt, 0.0)
    with pytest.raises(AssertionError, match="sin raises"):
        assert_raises_alike(math.sin, math.sin, 1.0)


# --- rows of one's own --------------------------------------------------------------
def single(x: float) -> float:
    """Return the nearest number of single precision."""
    number: float = struct.unpack("f", struct.pack("f", x))[0]
    return number


def variance(*xs: float) -> float:
    """Return the sum of squared deviations from the mean."""
    return sum((x - sum(xs) / len(xs)) ** 2 for x in xs)


# fmt: off
GOOD_ROWS = [
    Op("cube", lambda x: x * x * x, (lambda y, x: 3 * x * x,)),
    Op("plain_exp", math.exp, (lambda y, x: y,)),
    Op("versine", lambda x: 1 - math.cos(x), (lambda y, x: math.sin(x),)),
    Op("far", lambda x: math.sqrt(x - 10), (lambda y, x: 0.5 / y,),
        domain=(Interval(10.0),)),
    Op("below", lambda x: math.log(-3 - x), (lambda y, x: 1 / (x + 3),),
        domain=(Interval(high=-3.0),)),
    Op("narrow", lambda x: math.asin(x - 7), (lambda y, x: 1 / math.cos(y),),
        domain=(Interval(6.5, 6.75),)),
    Op("swish", lambda x, b: x * sigmoid(b * x),
        (lambda y, x, b: sigmoid(b * x) + b * x * sigmoid(b * x) * sigmoid(-b * x),
         lambda y, x, b: x * x * sigmoid(b * x) * sigmoid(-b * x))),
    Op("huber", lambda x: 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5,
        (lambda y, x: max(-1.0, min(x, 1.0)),), kinks=(lambda x: abs(x) - 1,)),
    Op("symmetric", lambda a, b: a**3 + b**3 - 3 * a * b,
        (lambda y, a, b: 3 * a * a - 3 * b, lambda y, a, b: 3 * b * b - 3 * a)),
    Op("truncated", lambda n, x: x ** int(n), (lambda y, n, x: 0.0,
        lambda y, n, x: int(n) * x ** (int(n) - 1)),
        domain=(Interval(0.0), Interval(0.0))),
    Op("single", lambda x: single(math.sin(x)), (lambda y, x: math.cos(x),)),
    Op("noisy", lambda x: math.sin(x) * (1 + 1e-10 * Random(x).uniform(-1, 1)),
        (lambda y, x: math.cos(x),)),
    NaryOp("norm", math.hypot, lambda y, *xs: [div(x, y) for x in xs]),
    NaryOp("variance", variance,
        lambda y, *xs: [2 * (x - sum(xs) / len(xs)) for x in xs]),
]
BAD_ROWS = [
    Op("sign", math.sin, (lambda y, x: -math.cos(x),)),
    Op("factor", math.sin, (lambda y, x: 2 * math.cos(x),)),
    Op("slightly", math.sin, (lambda y, x: math.cos(x) * 1.001,)),
    Op("exchanged", lambda a, b: a / b,
        (lambda y, a, b: -y / b, lambda y, a, b: 1 / b)),
    Op("half", lambda a, b: a * a * b, (lambda y, a, b: a * b, lambda y, a, b: a * a)),
    Op("undefined", lambda a: a * a, (lambda y, a: math.nan,)),
    Op("infinite", lambda a: a * a, (lambda y, a: math.inf,)),
    Op("nothing", lambda a: a * a, (lambda y, a: 0.0,)),
    Op("raising", lambda a: a * a, (lambda y, a: 2 * y / a,)),
    NaryOp("reversed", lambda *xs: sum(x * x for x in xs),
        lambda y, *xs: [2 * x for x in reversed(xs)]),
    NaryOp("short", lambda *xs: sum(xs), lambda y, *xs: [1.0] * (len(xs) - 1)),
]
# fmt: on


@pytest.mark.parametrize("row", GOOD_ROWS, ids=lambda row: row.name)
def test_rows_of_ones_own_obey_the_laws(row: Op) -> None:
    """A row that raises, has kinks, or rounds more than rows here do, is no fault."""
    assert_laws(row)


@pytest.mark.parametrize("row", BAD_ROWS, ids=lambda row: row.name)
def test_wrong_rows_of_ones_own_are_caught(row: Op) -> None:
    """A wrong partial of a row that nobody knows is seen from its values."""
    with pytest.raises(AssertionError, match=rf"\b{row.name}\b"):
        assert_laws(row)


def test_examples_take_the_place_of_drawn_operands() -> None:
    """A row that is defined at whole numbers only is asked there."""
    choose = Op(
        "choose",
        lambda n, k: float(math.comb(int(n), int(k))) if n % 1 == 0 else math.nan,
        (lambda y, n, k: 0.0, lambda y, n, k: 0.0),
    )
    with pytest.raises(ValueError, match=r"found no operands .* pass some as examples"):
        assert_laws(choose)
    assert_laws(choose, examples=[(5, 2), (7, 3)])
    with pytest.raises(DerivativeError, match=r"node    sign\(0.5\)"):
        assert_laws(BAD_ROWS[0], examples=[(0.5,)])


def test_what_is_drawn_is_the_same_every_time() -> None:
    """A failure comes again."""
    asked: list[float] = []
    row = Op("asked", lambda x: asked.append(x) or x, (lambda y, x: 1.0,))
    assert_laws(row)
    before = asked.copy()
    asked.clear()
    assert_laws(row)

    assert asked == before


def test_every_law_is_tested_here() -> None:
    """A new law is imported above, to be held and to be broken."""
    assert set(laws.__all__) <= set(globals())
