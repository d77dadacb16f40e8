"""Train a network of scalar Values on real handwritten digits, and look inside.

A 64-16-10 perceptron learns 1,438 images of 8 × 8 pixels, one scalar node at a time,
and is tried on the 359 images it has not seen. Then we look inside: how large are the
activations of each layer, how large the gradients that reach it, and, in a picture,
what one neuron computes and how the loss would have it changed.
"""

import time
from pathlib import Path
from statistics import fmean, pstdev

import nn
import viz
from autograd_core import Value, no_grad, tanh
from demos import first_session
from demos.command import command, output_folder
from demos.datasets import load_digits, split

SATURATED = 0.97  # |tanh| beyond which hardly any gradient passes (makemore, part 3)


def train(epochs: int = 10) -> tuple[nn.MLP, list[int], float]:
    """Return the trained model, the examples held out, and the share it gets right."""
    images, digits = load_digits()
    kept, held_out = split(len(images), share=0.2, seed=0)
    model = nn.MLP(64, [16, 10], activation="tanh", seed=0)
    count = len(model.parameters())
    print(f"{model}: {count:,} parameters, {len(kept):,} images to learn from")

    nn.fit(
        model,
        [images[i] for i in kept],
        [digits[i] for i in kept],
        loss=nn.cross_entropy,
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=epochs,
        seed=0,
    )
    right = nn.accuracy(
        model, [images[i] for i in held_out], [digits[i] for i in held_out]
    )
    return model, held_out, right


def layer_table(model: nn.MLP, examples: list[int]) -> str:
    """Describe each layer's activations and their gradients over some examples."""
    images, digits = load_digits()
    signals: list[list[list[Value]]] = [[] for _ in model.layers]
    for i in examples:
        signal: list = images[i]
        for layer, seen in zip(model.layers, signals, strict=True):
            signal = layer(signal)
            seen.append(signal)
    nn.cross_entropy(signals[-1], [digits[i] for i in examples]).backward()

    lines = [
        f"{'':8} {'units':>5} {'activation':>20} {'saturated':>10} {'gradient':>20}",
        f"{'layer':8} {'':5} {'mean':>10}{'spread':>10} {'':10} "
        f"{'mean':>10}{'spread':>10}",
    ]
    for depth, (layer, seen) in enumerate(zip(model.layers, signals, strict=True)):
        units = [unit for signal in seen for unit in signal]
        lines.append(_row(depth, layer, units))
    return "\n".join(lines)


def _row(depth: int, layer: nn.Layer, units: list[Value]) -> str:
    data, gradients = [u.data for u in units], [u.grad for u in units]
    bounded = units[0].op is tanh
    saturated = fmean(abs(a) > SATURATED for a in data) if bounded else None
    return (
        f"{depth:<8} {len(layer.neurons):>5} {fmean(data):>10.3f}{pstdev(data):>10.3f} "
        f"{'-' if saturated is None else format(saturated, '.1%'):>10} "
        f"{fmean(gradients):>10.1e}{pstdev(gradients):>10.1e}"
    )


def hardest(model: nn.MLP, examples: list[int]) -> tuple[int, float]:
    """Return the example that the model finds least likely, and its loss."""
    images, digits = load_digits()
    with no_grad():
        losses = {i: nn.cross_entropy(model(images[i]), digits[i]) for i in examples}
    worst = max(losses, key=lambda i: losses[i])
    return worst, losses[worst].data


def draw_neuron(model: nn.MLP, example: int, path: Path) -> Path:
    """Draw the output neuron of one digit: what it adds up, and what would help."""
    images, digits = load_digits()
    hidden = [
        Value(unit.data, label=f"hidden {i}")
        for i, unit in enumerate(model.layers[0](images[example]))
    ]
    logits = model.layers[1](hidden)
    model.zero_grad()
    nn.cross_entropy(logits, digits[example]).backward()
    neuron = logits[digits[example]]
    neuron.label = f"logit of {digits[example]}"
    return viz.render(neuron, path)


def main() -> None:
    """Run the essay and write its pictures."""
    parser = command(__doc__)
    parser.add_argument("--epochs", type=int, default=10, help="default: 10")
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error(f"--epochs takes a count from 1 up, not {options.epochs}")
    out = output_folder(parser, options.out)

    start = time.perf_counter()
    model, held_out, right = train(options.epochs)
    seconds = time.perf_counter() - start
    print(f"held-out accuracy {right:.1%} after {seconds:.0f} s\n")
    print(layer_table(model, held_out[:100]))
    example, loss = hardest(model, held_out)
    neuron = draw_neuron(model, example, out / "digit_neuron.svg")
    print(f"\nhardest: image {example}, with a loss of {loss:.2f}; its neuron is drawn")
    print("pictures:", neuron, *first_session.draw(out))


if __name__ == "__main__":
    main()
