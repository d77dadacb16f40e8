"""A wrong chain rule: the report names the gradient that is wrong, and where."""

import re
from collections.abc import Callable
from typing import Any

import pytest

import autograd_core
from autograd_core import Value, exp, logsumexp, sin, tanh, topological_order
from autograd_core.linearization import Linearization
from autograd_core.testing import DerivativeError, Report, check_derivative
from autograd_core.testing.expression import Expression

Function = Callable[..., Any]

NAMES = vars(autograd_core) | {
    "check_derivative": check_derivative,
    "Expression": Expression,
}


def failed(f: Function, *x: float) -> Report:
    """Return the report of a check that fails, and try what it says to paste."""
    report = check_derivative(f, *x, raise_on_failure=False)
    assert report.verdict == "fail"
    assert report.fault is not None
    assert len(str(report).splitlines()) <= 10
    assert report.fault.reproducer in str(report)
    with pytest.raises(DerivativeError):
        exec(report.fault.reproducer, dict(NAMES))
    return report


def chain_rule(fault: str) -> Callable[[Value], None]:
    """Return a backward pass that is right but for one thing."""

    def run(root: Value) -> None:
        order = topological_order(root)
        sums = dict.fromkeys(order, 0.0)
        sums[root] = 1.0
        for node in reversed(order):
            pairs = list(zip(node.parents, node.local_derivatives(), strict=True))
            if fault == "each parent once":
                pairs = list(dict(pairs).items())
            for parent, local in pairs:
                if local is not None:
                    before = 0.0 if fault == "= for +=" else sums[parent]
                    scale = 1 + 1e-9 if fault == "off by 1e-9" else 1.0
                    sums[parent] = before + sums[node] * local * scale
        for node in order:
            before = node.grad if node.is_leaf and fault != "not added" else 0.0
            if node.requires_grad:
                node.grad = before + sums[node]

    return run


def test_the_chain_rule_of_these_tests_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a fault it passes."""
    monkeypatch.setattr("autograd_core.value.run_backward", chain_rule("none"))

    assert check_derivative(lambda x: x * x + sin(x) * x, 3.0).verdict == "pass"


@pytest.mark.parametrize(
    ("fault", "f"),
    [
        ("each parent once", lambda x: x * x),
        ("each parent once", lambda x: logsumexp([x, 2.0, x])),
        ("= for +=", lambda x: sin(x) * x),
        ("= for +=", lambda x: (sin(x) + 1.0) * sin(x) * x),
        ("off by 1e-9", lambda x: exp(x) * x),
        ("not added", lambda x: x * 2.0),
    ],
)
def test_a_wrong_chain_rule_is_found(
    fault: str, f: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report says that a gradient is wrong, and of which node."""
    monkeypatch.setattr("autograd_core.value.run_backward", chain_rule(fault))
    report = failed(f, 3.0)

    assert re.match(r"the gradient\b.* of \w+ is wrong$", report.reason)
    assert "ULP away" in str(report)


def test_a_wrong_gradient_is_named_where_it_comes_out_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last node whose gradient is wrong, with its source."""
    monkeypatch.setattr("autograd_core.value.run_backward", chain_rule("= for +="))

    def f(x: Value) -> Any:
        y = sin(x)
        return tanh(y * 0.5) + exp(y)

    report = failed(f, 3.0)
    code, carets = str(report).splitlines()[5:7]

    assert report.reason == "the gradient of sin is wrong"
    assert code[carets.index("^") :][: carets.count("^")] == "sin(x)"


@pytest.mark.parametrize("name", ["pull", "push"])
def test_both_directions_of_the_linearization_are_judged(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `gradient` and forward mode use is checked as well as `backward`."""
    right = getattr(Linearization, name)
    monkeypatch.setattr(
        Linearization,
        name,
        lambda self, xs: [y * (1 + 1e-9) for y in right(self, xs)],
    )

    assert f"{name}ed" in failed(lambda x: x * sin(x), 3.0).reason
