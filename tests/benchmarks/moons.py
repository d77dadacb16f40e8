"""Time one step of training on two moons, against micrograd and xad.

Loss and gradient of micrograd's demo: 100 samples, a 2-16-16-1 network of relus, the
mean hinge loss and a little regularisation. The same elementary code runs on each
engine's own number; then `nn.MLP`, whose neuron is one `dot` node, stands against
`micrograd.nn.MLP` with the same weights, each with the loss as its users write it. All
of them agree on the loss and on every derivative before any is timed.

    python -m tests.benchmarks.moons [--runs 9]

A run builds the graph, walks it backward and lets it go. Micrograd's graphs hold cycles
that only the collector frees: that is done between the runs and not charged to it.
"""

import argparse
import math
from collections.abc import Callable
from typing import Any

import nn
from autograd_core import Value, dot, topological_order

from .graphs import ALPHA, WIDTHS, draw_weights, moons, moons_loss, network
from .timing import alternate, least_ratio, machine, ratio, table, verdict

try:
    import micrograd.nn
    from micrograd.engine import Value as MicrogradValue
    from xad.adj_1st import Real, Tape
    from xad.math import fmax
except ImportError as error:
    raise SystemExit(f"{error}; run: pip install 'autograd-core[bench]'") from None

POINTS, LABELS = moons(100)

Result = tuple[float, list[float]]
Candidate = Callable[[], Result]

# code, against, how many times faster it ought to be
COMPARISONS = (
    ("Value", "micrograd", 3.0),
    ("Value, paused", "micrograd", None),
    ("Value, paused", "xad", 1.3),
    ("Value", "xad", None),
    ("nn.MLP", "micrograd.nn", 15.0),
    ("nn.MLP, paused", "micrograd.nn", None),
    ("nn.MLP, paused", "xad", None),
)


def elementary(number: Callable[[float], Any]) -> Candidate:
    """Run the demo on a number with `backward()` and `relu()`."""

    def run() -> Result:
        layers = network(number)
        loss = moons_loss(layers, POINTS, LABELS, number, number.relu)
        loss.backward()
        return loss.data, [p.grad for p in parameters(layers)]

    return run


def on_tape() -> Result:
    """Run the demo on xad, whose numbers write to a tape."""
    with Tape() as tape:
        layers = network(Real)
        for parameter in parameters(layers):
            tape.registerInput(parameter)
        tape.newRecording()
        loss = moons_loss(layers, POINTS, LABELS, Real, lambda x: fmax(x, 0.0))
        tape.registerOutput(loss)
        loss.derivative = 1.0
        tape.computeAdjoints()
        return loss.value, [p.derivative for p in parameters(layers)]


def parameters(layers: Any) -> list[Any]:
    """List the parameters of a `network`."""
    return [p for layer in layers for w, b in layer for p in (*w, b)]


def paused(candidate: Candidate) -> Candidate:
    """Keep the cyclic collector out of it, as `nn.fit` does."""

    def run() -> Result:
        with nn.collector_paused():
            return candidate()

    return run


def with_model(model: Any, loss_of: Callable[[Any], Any]) -> Candidate:
    """Run a model that exists already, as in a training loop."""
    for layer, rows in zip(model.layers, draw_weights(), strict=True):
        for neuron, row in zip(layer.neurons, rows, strict=True):
            for parameter, number in zip(neuron.parameters(), row, strict=True):
                parameter.data = number

    def run() -> Result:
        model.zero_grad()
        loss = loss_of(model)
        loss.backward()
        return loss.data, [
            p.grad
            for layer in model.layers
            for neuron in layer.neurons
            for p in neuron.parameters()
        ]

    return run


def our_loss(model: nn.MLP) -> Any:
    """Return the loss in the words of this project."""
    data_loss = nn.hinge_loss([model(point) for point in POINTS], LABELS)
    p = model.parameters()
    return data_loss + ALPHA * dot(p, p)


def micrograd_loss(model: Any) -> Any:
    """Return the loss as micrograd's demo writes it."""
    scores = [model(list(map(MicrogradValue, point))) for point in POINTS]
    losses = [(1 + -y * s).relu() for y, s in zip(LABELS, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + ALPHA * sum(p * p for p in model.parameters())


def candidates() -> dict[str, Candidate]:
    """Name the contestants."""
    n_in, *n_outs = WIDTHS
    ours = elementary(Value)
    our_mlp = with_model(nn.MLP(n_in, n_outs, activation="relu", seed=0), our_loss)
    their_mlp = with_model(micrograd.nn.MLP(n_in, n_outs), micrograd_loss)
    return {
        "Value": ours,
        "Value, paused": paused(ours),
        "micrograd": elementary(MicrogradValue),
        "xad": on_tape,
        "nn.MLP": our_mlp,
        "nn.MLP, paused": paused(our_mlp),
        "micrograd.nn": their_mlp,
    }


def check(contestants: dict[str, Candidate], tolerance: float = 1e-9) -> None:
    """Fail unless all agree on the loss and on every derivative."""
    loss, gradient = contestants["Value"]()
    for name, run in contestants.items():
        their_loss, their_gradient = run()
        assert math.isclose(loss, their_loss, rel_tol=tolerance), (name, their_loss)
        pairs = zip(gradient, their_gradient, strict=True)
        worst = max(abs(ours - theirs) for ours, theirs in pairs)
        assert worst < tolerance, f"{name} is off by {worst}"
    print(f"all agree: loss {loss:.12f}, {len(gradient)} derivatives\n")


def report(times: dict[str, list[float]]) -> str:
    """Return the table of how many times faster."""
    rows = []
    for name, against, goal in COMPARISONS:
        faster = ratio(times, name, against)
        least = least_ratio(times, name, against)
        met = goal is not None and faster >= goal
        rows.append(
            (name, against, f"{faster:.2f}", f"{least:.2f}", verdict(goal, met))
        )
    heads = ("code", "against", "ratio (median)", "ratio of minima", "goal")
    return table(heads, rows)


def main() -> None:
    """Check, time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="rounds of the contest")
    runs = parser.parse_args().runs
    print(machine("autograd-core", "micrograd", "xad"))
    loss = moons_loss(network(Value), POINTS, LABELS, Value, Value.relu)
    print(f"{len(topological_order(loss)):,} elementary nodes")
    contestants = candidates()
    check(contestants)
    times = alternate(contestants, runs)
    print(report(times))
    print("\npaused: the cyclic collector is off while the graph lives, as in nn.fit")


if __name__ == "__main__":
    main()
