"""Time programs over arrays: the moons against four peers, and how tracing grows.

Loss and gradient of micrograd's demo, 100 samples, a 2-16-16-1 network, as in `moons`.
One example is traced from elementary code and run over all: against the same code on
micrograd's numbers, against both passes written by hand with numpy, against PyTorch's
tensors on one thread, and against the function that CasADi makes of its SX graph. All
agree on the loss and on every derivative before any is timed.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.programs [--runs 15]

The fast ones are called in a row of 200, so that the clock can tell them apart. Peers
that are not installed are left out.
"""

import argparse
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from autograd_core import trace

from .graphs import ALPHA, draw_weights, moons, moons_loss, network
from .timing import alternate, least_ratio, machine, ratio, table, verdict

POINTS, LABELS = moons(100)
X, Y = np.array(POINTS), np.array(LABELS, dtype=float)
CALLS = 200

Result = tuple[float, np.ndarray]  # the loss, and its gradient in one row
Candidate = Callable[[], Result]

# against what, and how many times as fast the program ought to be
GOALS = {"micrograd": 2000.0, "numpy": 1 / 1.5, "torch": 1.0, "casadi": 1.0}


def layers() -> list[tuple[Any, Any]]:
    """Return weights and biases, layer by layer."""
    return [
        (np.array([row[:-1] for row in rows]), np.array([row[-1] for row in rows]))
        for rows in draw_weights()
    ]


def in_a_row(gradients: Any) -> np.ndarray:
    """Return the gradient neuron by neuron, as `network` has its parameters."""
    rows = [np.column_stack([w, b]).ravel() for w, b in gradients]
    return np.concatenate(rows)


def loss_of(layers: Any, point: Any, label: Any) -> Any:
    """Return the loss of one example, one operation at a time."""
    x = point
    for i, (weights, biases) in enumerate(layers):
        x = [
            sum((w * a for w, a in zip(row, x, strict=True)), bias)
            for row, bias in zip(weights, biases, strict=True)
        ]
        x = [a.relu() for a in x] if i < len(layers) - 1 else x
    numbers = [p for ws, bs in layers for row in (*ws, bs) for p in row]
    return (1 + -label * x[0]).relu() + ALPHA * sum(p * p for p in numbers)


def built() -> tuple[Any, float]:
    """Return the program, its code written, and the seconds that took."""
    start = perf_counter()
    example = [(w.tolist(), b.tolist()) for w, b in layers()]
    program = trace(loss_of, example, POINTS[0], LABELS[0]).batch((None, 0, 0))
    program.value_and_grad(layers(), X, Y)
    return program, perf_counter() - start


def of_program(program: Any) -> Candidate:
    """Run the program on all examples."""
    given = layers()

    def run() -> Result:
        losses, gradients = program.value_and_grad(given, X, Y)
        return losses.mean(), gradients

    return lambda: _scaled(*run())


def _scaled(loss: float, gradients: Any) -> Result:
    return loss, gradients  # in a row only when it is compared: that is not charged


def by_hand() -> Candidate:
    """Write both passes with numpy, as somebody would who knows the network."""
    (w1, b1), (w2, b2), (w3, b3) = given = layers()

    def run() -> Any:
        z1 = X @ w1.T + b1
        h1 = np.maximum(z1, 0.0)
        z2 = h1 @ w2.T + b2
        h2 = np.maximum(z2, 0.0)
        margin = 1.0 - Y * (h2 @ w3.T + b3)[:, 0]
        squares = sum((w * w).sum() + (b * b).sum() for w, b in given)
        loss = np.maximum(margin, 0.0).mean() + ALPHA * squares
        d = ((margin > 0) * -Y / len(Y))[:, None]
        d2 = (d @ w3) * (z2 > 0)
        d1 = (d2 @ w2) * (z1 > 0)
        sent = ((d1, X), (d2, h1), (d, h2))
        return loss, [
            (g.T @ a + 2 * ALPHA * w, g.sum(0) + 2 * ALPHA * b)
            for (g, a), (w, b) in zip(sent, given, strict=True)
        ]

    return run


def on_micrograd() -> Candidate:
    """Run the demo on micrograd's numbers."""
    from micrograd.engine import Value

    def run() -> Any:
        model = network(Value)
        loss = moons_loss(model, POINTS, LABELS, Value, Value.relu)
        loss.backward()
        return loss.data, [
            (np.array([[p.grad for p in w] for w, _ in layer]),
             np.array([b.grad for _, b in layer]))
            for layer in model
        ]  # fmt: skip

    return run


def on_torch() -> Candidate:
    """Run it on PyTorch's tensors."""
    import torch

    torch.set_num_threads(1)
    x, y = torch.tensor(X), torch.tensor(Y)
    given = [[torch.tensor(p, requires_grad=True) for p in layer] for layer in layers()]

    def run() -> Any:
        (w1, b1), (w2, b2), (w3, b3) = given
        h = torch.relu(torch.relu(x @ w1.T + b1) @ w2.T + b2)
        hinge = torch.relu(1 - y * (h @ w3.T + b3)[:, 0]).mean()
        loss = hinge + ALPHA * sum((p * p).sum() for layer in given for p in layer)
        found = torch.autograd.grad(loss, [p for layer in given for p in layer])
        pairs = [g.numpy() for g in found]
        return loss.item(), list(zip(pairs[::2], pairs[1::2], strict=True))

    return run


def on_casadi() -> tuple[Candidate, float]:
    """Make CasADi's function of loss and gradient; also return the seconds it took."""
    import casadi

    start = perf_counter()
    sx = [
        [([casadi.SX.sym("w") for _ in row[:-1]], casadi.SX.sym("b")) for row in rows]
        for rows in draw_weights()
    ]
    loss = moons_loss(sx, POINTS, LABELS, lambda x: x, lambda x: casadi.fmax(x, 0))
    flat = casadi.vertcat(*(p for layer in sx for w, b in layer for p in (*w, b)))
    function = casadi.Function("f", [flat], [loss, casadi.gradient(loss, flat)])
    seconds = perf_counter() - start
    numbers = in_a_row(layers())

    def run() -> Any:
        value, gradient = function(numbers)
        return float(value), np.array(gradient).ravel()

    return run, seconds


def candidates() -> tuple[dict[str, Candidate], dict[str, float]]:
    """Return what is compared, and the seconds that building took where any did."""
    program, seconds = built()
    found, building = {"program": of_program(program)}, {"program": seconds}
    found["numpy"] = by_hand()
    for name, make in (("micrograd", on_micrograd), ("torch", on_torch)):
        try:
            found[name] = make()
        except ImportError as error:
            print(f"{name} is left out: {error}")
    try:
        found["casadi"], building["casadi"] = on_casadi()
    except ImportError as error:
        print(f"casadi is left out: {error}")
    return found, building


def check(contestants: dict[str, Candidate]) -> None:
    """Fail unless all agree on the loss and on every derivative."""
    loss, wanted = contestants["numpy"]()
    for name, run in contestants.items():
        their_loss, found = run()
        row = found if isinstance(found, np.ndarray) else in_a_row(found)
        if name == "program":
            row = row / len(Y)  # its gradients are summed over the examples
        assert abs(their_loss - loss) < 1e-12, (name, their_loss, loss)
        assert np.abs(row - in_a_row(wanted)).max() < 1e-12, name


def repeated(run: Candidate, calls: int) -> Callable[[], None]:
    """Call a candidate many times."""

    def many() -> None:
        for _ in range(calls):
            run()

    return many


def growth(samples: int) -> tuple[int, float]:
    """Return the operations of a loss over so many samples, and µs each to compile."""
    points, labels = moons(samples)
    example = [(w.tolist(), b.tolist()) for w, b in layers()]

    def whole(layers: Any, xs: Any, ys: Any) -> Any:
        pairs = zip(xs, ys, strict=True)
        return sum(loss_of(layers, x, y) for x, y in pairs) * (1 / samples)

    start = perf_counter()
    program = trace(whole, example, points, labels)
    program.arrays().value_and_grad(layers(), points, labels)
    return len(program), (perf_counter() - start) / len(program) * 1e6


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="default: 15")
    options = parser.parse_args()
    contestants, building = candidates()
    check(contestants)
    calls = {name: 1 if name == "micrograd" else CALLS for name in contestants}
    many = {name: repeated(run, calls[name]) for name, run in contestants.items()}
    times = alternate(many, options.runs)
    each = {name: [t / calls[name] for t in found] for name, found in times.items()}

    rows = []
    for name in [other for other in GOALS if other in each]:
        found = ratio(each, "program", name)
        figures = [f"{found:.3g}", f"{least_ratio(each, 'program', name):.3g}"]
        goal = GOALS[name]
        rows.append([name, *figures, verdict(round(goal, 2), found >= goal)])
    print(machine("autograd-core", "numpy", "micrograd", "torch", "casadi"), "\n")
    print(table(["program against", "median ratio", "of minima", "goal"], rows))
    for name, seconds in building.items():
        print(f"building {name}: {seconds:.2g} s")
    print()
    sizes = [growth(samples) for samples in (1, 10, 100, 757)]
    cells = [[f"{count:,}", f"{spent:.1f}"] for count, spent in sizes]
    print(table(["operations", "µs each to trace and compile"], cells))


if __name__ == "__main__":
    main()
