"""What PyTorch has under a name that nn has not, and what it is called here.

Nothing is aliased: a model that is read here shall have one name for each thing. Who
writes `nn.ReLU()` is told what to write instead.
"""

__all__ = ["OTHER_NAMES", "missing"]

_ROWS = {  # activations are rows of the op table
    "ELU": "elu",
    "GELU": "gelu",
    "LeakyReLU": "leaky_relu",
    "ReLU": "relu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "Tanh": "tanh",
}

_LOSSES = {
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "CrossEntropyLoss": "cross_entropy",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
    "L1Loss": "l1_loss",
    "MSELoss": "mse_loss",
    "NLLLoss": "nll_loss",
    "SmoothL1Loss": "smooth_l1_loss",
}

OTHER_NAMES: dict[str, str] = {
    **{
        name: f'write the row\'s name, "{row}", as in nn.MLP(2, [8, 1], "{row}") and '
        f'nn.Sequential(nn.Linear(2, 8), "{row}"), or nn.Activation("{row}")'
        for name, row in _ROWS.items()
    },
    **{
        name: f"a loss is a function here, nn.{loss}(outputs, targets)"
        for name, loss in _LOSSES.items()
    },
    "BCELoss": "nn.binary_cross_entropy_with_logits takes the scores before a sigmoid, "
    "which keeps their digits",
    "Identity": "write lambda x: x, which nn.Sequential takes",
    "LogSoftmax": "nn.log_softmax is a function, which nn.Sequential takes",
    "ModuleDict": "hold modules in a list, or in attributes of their own",
    "ModuleList": "a plain list in an attribute of a Module holds modules",
    "Parameter": "an autograd_core.Value in an attribute of a Module is a parameter",
    "ParameterList": "a plain list in an attribute of a Module holds parameters",
    "Softmax": "autograd_core.softmax is a function, which nn.Sequential takes",
    "functional": "the functions are here, such as nn.cross_entropy, and those of one "
    "number in autograd_core, such as autograd_core.relu",
    "init": "initialisers are names, nn.Linear(2, 3, init='he_normal'), and functions "
    "such as nn.he_normal",
    "kaiming_normal": "nn.he_normal is the same (He et al. 2015)",
    "kaiming_uniform": "nn.he_uniform is the same (He et al. 2015)",
    "optim": "optimisers are here: nn.SGD, nn.Adam",
    "utils": "the functions are here, such as nn.clip_grad_norm_",
    "xavier_normal": "nn.glorot_normal is the same (Glorot and Bengio 2010)",
    "xavier_uniform": "nn.glorot_uniform is the same (Glorot and Bengio 2010)",
}


def missing(name: str) -> AttributeError:
    """Return the error for a name that is not in nn.

    >>> print(missing("CrossEntropyLoss"))
    nn has no 'CrossEntropyLoss': a loss is a function here, nn.cross_entropy(outputs, \
targets)
    """
    if name not in OTHER_NAMES:
        return AttributeError(f"module 'nn' has no attribute {name!r}")
    return AttributeError(f"nn has no {name!r}: {OTHER_NAMES[name]}")
