"""Train on eight devices at once with JAX, and get the numbers of one device.

A batch is a sum over examples, so that eight devices may take an eighth of it each:
every one has all parameters, computes the gradient of its own images, and the eight
gradients are added up (Dean et al. 2012, "Large scale distributed deep networks", call
it data parallelism). The loss of one image of a handwritten digit is traced through a
network of scalar nodes, with the network's parameters as an argument; `to_jax` makes a
function of it that JAX maps over the batch, differentiates, compiles, and splits over a
mesh of devices. Here they are simulated: eight devices that share this machine's
processor, which tells nothing of speed and everything of the numbers.

The same steps are taken three times: on the mesh, on one device, and by the engine, a
node for each operation. They differ in the order of their sums, and so by rounding.
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import nn
from autograd_core import Program, dot, trace
from autograd_core.errors import MissingExtraError
from demos.datasets import load_digits, split

__all__ = ["batches", "by_engine", "by_jax", "difference", "loss", "traced"]

DEVICES = 8
WIDTHS = (64, 16, 10)
BATCH = 128  # 16 images for each device
RATE = 0.5  # of gradient descent

Parameters = dict[str, Any]  # as in a state_dict


class Batch(NamedTuple):
    """Images, and which digit each shows: for each digit 1 or 0."""

    images: list[list[float]]
    shares: list[list[float]]


class Run(NamedTuple):
    """The loss before each step, and the parameters after the last."""

    losses: list[float]
    parameters: Parameters


def network() -> nn.MLP:
    """Return the network where all three begin."""
    return nn.MLP(WIDTHS[0], [*WIDTHS[1:]], activation="tanh", seed=0)


def loss(parameters: Parameters, image: list[float], shares: list[float]) -> Any:
    """Return the surprise at the digit that one image shows."""
    logits = nn.functional_call(network(), parameters, image)
    return -dot(nn.log_softmax(logits), shares)


def traced() -> Program:
    """Return the program of the loss of one image."""
    return trace(loss, network().state_dict(), [0.0] * WIDTHS[0], one_hot(0))


def one_hot(digit: int) -> list[float]:
    """Return 1 in the place of a digit, and 0 in the others.

    >>> one_hot(2)
    [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    return [float(i == digit) for i in range(10)]


def batches(epochs: int) -> Iterator[Batch]:
    """Yield the images to learn from in batches, in another order in each epoch."""
    images, digits = load_digits()
    kept, _ = split(len(images), share=0.2, seed=0)
    random = Random(0)
    for _ in range(epochs):
        random.shuffle(kept)
        for start, end in pairwise(range(0, len(kept) + 1, BATCH)):
            part = kept[start:end]
            yield Batch([images[i] for i in part], [one_hot(digits[i]) for i in part])


def required_jax() -> Any:
    """Return JAX with simulated devices and double precision, or say what is wrong."""
    try:
        import jax
    except ModuleNotFoundError:
        raise MissingExtraError("this demo trains with JAX", "jax") from None
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", DEVICES)  # before the first array is made
    jax.config.update("jax_enable_x64", True)
    return jax


def gradient_step(jax: Any, one: Callable[..., Any]) -> Any:
    """Return a compiled step: from parameters and a batch to the loss and the next."""
    many = jax.vmap(one, in_axes=(None, 0, 0))

    def mean(parameters: Any, images: Any, shares: Any) -> Any:
        return many(parameters, images, shares).mean()

    def step(parameters: Any, images: Any, shares: Any) -> Any:
        value, slopes = jax.value_and_grad(mean)(parameters, images, shares)
        return value, jax.tree.map(lambda p, g: p - RATE * g, parameters, slopes)

    return jax.jit(step)


def placed(jax: Any, devices: int) -> tuple[Any, Any]:
    """Return how a batch lies on so many devices, and how the parameters do."""
    mesh = jax.sharding.Mesh(jax.devices()[:devices], ("examples",))
    split_up = jax.sharding.PartitionSpec("examples")
    everywhere = jax.sharding.PartitionSpec()
    named = jax.sharding.NamedSharding
    return named(mesh, split_up), named(mesh, everywhere)


def arrays(jax: Any, tree: Any, sharding: Any) -> Any:
    """Return a structure with arrays that lie on devices in place of lists."""

    def put(numbers: Any) -> Any:
        return jax.device_put(jax.numpy.asarray(numbers), sharding)

    return jax.tree.map(put, tree, is_leaf=lambda x: not isinstance(x, dict | Batch))


def by_jax(jax: Any, program: Program, epochs: int, devices: int) -> Run:
    """Train on so many devices: each step as the program says, over a whole batch."""
    apart, everywhere = placed(jax, devices)
    step = gradient_step(jax, program.to_jax())
    parameters = arrays(jax, network().state_dict(), everywhere)
    losses = []
    for batch in batches(epochs):
        value, parameters = step(parameters, *arrays(jax, batch, apart))
        losses.append(float(value))
    return Run(losses, jax.tree.map(lambda array: array.tolist(), parameters))


def sums_across(jax: Any, program: Program, devices: int) -> int:
    """Return how many sums over devices the compiler has put into a step."""
    apart, everywhere = placed(jax, devices)
    parameters = arrays(jax, network().state_dict(), everywhere)
    batch = arrays(jax, next(batches(1)), apart)
    step = gradient_step(jax, program.to_jax()).lower(parameters, *batch)
    return int(step.compile().as_text().count(" all-reduce("))


def by_engine(epochs: int) -> Run:
    """Train the network itself, one scalar node after the other."""
    model = network()
    optimizer, losses = nn.SGD(model.parameters(), lr=RATE), []
    for batch in batches(epochs):
        value = nn.cross_entropy([model(x) for x in batch.images], batch.shares)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.data)
    return Run(losses, model.state_dict())


def vector(parameters: Parameters) -> list[float]:
    """Return all weights and biases in a row."""
    # JAX sorts the names of a dict
    return [x for name in sorted(parameters) for x in nn.flatten(parameters[name])]


def difference(one: Run, other: Run) -> tuple[float, float]:
    """Return by how much two runs differ: losses, relatively, and parameters."""
    losses = zip(one.losses, other.losses, strict=True)
    weights = zip(vector(one.parameters), vector(other.parameters), strict=True)
    largest = max(abs(a - b) / abs(b) for a, b in losses)
    return largest, max(abs(a - b) for a, b in weights)


def held_out_accuracy(parameters: Parameters) -> float:
    """Return the share of unseen images that a network names rightly."""
    images, digits = load_digits()
    _, unseen = split(len(images), share=0.2, seed=0)
    model = network()
    model.load_state_dict(parameters)
    return nn.accuracy(model, [images[i] for i in unseen], [digits[i] for i in unseen])


def main() -> None:
    """Train three times, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5, help="default: 5")
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error(f"--epochs takes a count from 1 up, not {options.epochs}")
    try:
        jax = required_jax()
    except MissingExtraError as missing:
        print(missing)
        return

    program = traced()
    print(f"{program!r},\ntraced on one image; {program.arrays()!r}\n")
    mesh, one, engine = (
        by_jax(jax, program, options.epochs, DEVICES),
        by_jax(jax, program, options.epochs, 1),
        by_engine(options.epochs),
    )
    print(f"{'step':>4}  {f'{DEVICES} devices':>19}  {'1 device':>19}  {'engine':>19}")
    steps = range(0, len(one.losses), max(1, len(one.losses) // 8))
    for i in steps:
        print(f"{i:4}", *(f" {run.losses[i]:19.16f}" for run in (mesh, one, engine)))
    print()
    for name, run in ((f"{DEVICES} devices", mesh), ("the engine", engine)):
        losses, weights = difference(run, one)
        print(f"{name} and 1 device: losses within {losses:.0e} of their size,")
        print(f"    parameters within {weights:.0e}")
    sums = [sums_across(jax, program, devices) for devices in (DEVICES, 1)]
    print(f"\nEach device has {BATCH // DEVICES} of {BATCH} images and all parameters.")
    print(f"Places of a compiled step that add up across devices: {sums[0]} with")
    print(f"{DEVICES} devices, {sums[1]} with one.")
    right = held_out_accuracy(mesh.parameters)
    print(f"Held-out accuracy after {len(mesh.losses)} steps: {right:.1%}")


if __name__ == "__main__":
    main()
