"""The squared error of a 2-3-1 network, in a function whose names are gone."""

from autograd_core import Value, dot, scope, tanh

WEIGHTS = [[0.84, 0.63], [-0.19, -0.59], [0.11, -0.33], [0.57, -0.48, -0.03]]


def parameters(row, i):
    """Return the labelled weights and the bias of a neuron."""
    weights = [Value(w, label=f"{i}.weight[{j}]") for j, w in enumerate(row)]
    return weights, Value(0.0, label=f"{i}.bias")


def main():
    """Differentiate the loss."""
    xs = [Value(0.5, label="x[0]"), Value(-1.0, label="x[1]")]
    *hidden, last = [parameters(row, i) for i, row in enumerate(WEIGHTS)]
    with scope("net"):
        activations = []
        for i, (weights, bias) in enumerate(hidden):
            with scope(f"neuron{i}"):
                z = dot(weights, xs, bias)
                activations.append(tanh(z))
        weights, bias = last
        output = dot(weights, activations, bias)
    error = output - 1.0
    (error * error).backward()


main()
