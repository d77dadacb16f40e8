"""Train a network of scalar Values on real handwritten digits, and look inside.

A 64-16-10 perceptron learns 1,438 images of 8 × 8 pixels, one scalar node at a time,
and is tried on the 359 images it has not seen. Then we look inside: how large are the
activations of each layer, how large the gradients that reach it, and, in a picture,
what one neuron computes and how the loss would have it changed.
"""

import time
from pathlib import Path

import nn
import viz
from autograd_core import Value, no_grad
from demos import first_session
from demos.command import command, output_folder
from demos.datasets import load_digits, split
from viz.gradient_flow import FlowReport, flow_report


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


def flow(model: nn.MLP, examples: list[int]) -> FlowReport:
    """Describe each layer's activations and their gradients over some examples."""
    images, digits = load_digits()
    outputs = [model(images[i]) for i in examples]
    loss = nn.cross_entropy(outputs, [digits[i] for i in examples])
    model.zero_grad()
    loss.backward()
    return flow_report(model, loss)


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
    print(flow(model, held_out[:100]))
    example, loss = hardest(model, held_out)
    neuron = draw_neuron(model, example, out / "digit_neuron.svg")
    print(f"\nhardest: image {example}, with a loss of {loss:.2f}; its neuron is drawn")
    print("pictures:", neuron, *first_session.draw(out))


if __name__ == "__main__":
    main()
