"""Why a network says what it says: which of its inputs its output comes from.

- `saliency`, `gradient_times_input`, `smooth_grad`: the gradient by the inputs;
- `integrated_gradients`: gradients collected on the way from a baseline;
- `gradient_times_attention`, `attention_relevance`: what attention looked at;
- `relevance`: the output taken apart by layer-wise relevance propagation.

Those that ask a model are called alike, with it, its inputs and the output to explain;
the two of attention take an output and the shares of the call it came from. All leave
every gradient as it was.

>>> from nn import MLP
>>> model = MLP(2, [3, 2], seed=0)
>>> parts = relevance(model, [0.5, -1.0], target=1, rule="zero")
>>> abs(sum(parts) - model([0.5, -1.0])[1].data) < 1e-15
True
"""

from .attention import attention_relevance, gradient_times_attention
from .integrated_gradients import convergence_delta, integrated_gradients
from .relevance import relevance
from .rules import RULES, Rule, Step
from .saliency import gradient_times_input, saliency, smooth_grad
from .sharing import Sharing, epsilon_rule, gamma_rule, z_plus, zero

__all__ = [
    "RULES",
    "Rule",
    "Sharing",
    "Step",
    "attention_relevance",
    "convergence_delta",
    "epsilon_rule",
    "gamma_rule",
    "gradient_times_attention",
    "gradient_times_input",
    "integrated_gradients",
    "relevance",
    "saliency",
    "smooth_grad",
    "z_plus",
    "zero",
]
