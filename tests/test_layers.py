"""Each module imports only from the layers above its own."""

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import PurePosixPath

import pytest
from project import PACKAGES, ROOT, sources

# A module imports from the lines above its own, and from its own part of the line.
LAYERS = (
    ("errors",),
    ("domain", "files", "graph", "kernels", "passes", "real"),
    ("source", "text", "trees"),
    ("arguments", "hooks", "op", "recording"),
    ("custom", "ops"),
    ("sequences", "sharing"),
    ("arithmetic", "chain_rule", "copies", "expression_text", "linearization"),
    ("value",),
    ("anomaly", "differentiation", "symbolic"),
    ("derivatives", "products"),
    ("program",),
    ("autograd_core",),  # the public names
    ("inspection", "testing"),
    ("debug",),
    ("nn", "viz"),
    ("demos",),
)
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
SEEN_FROM_OUTSIDE = (
    "autograd_core",
    "autograd_core.errors",
    "autograd_core.files",
    "autograd_core.inspection",
)

# Conveniences that lead from the engine to the tool that explains it, and from there to
# the pictures: a module may import what lies below it inside of a function, when it is
# called by somebody who has the whole project.
LATE = {
    "autograd_core/anomaly/detection.py": {"autograd_core.debug"},
    "autograd_core/value.py": {"autograd_core.debug"},
    "autograd_core/debug/drawing.py": {"viz"},
}

THIRD_PARTY = {
    **{
        f"autograd_core/program/arrays/{name}.py": {"numpy"}
        for name in (
            "batches",
            "code",
            "forms",
            "gradients",
            "layout",
            "products",
            "steps",
            "structure",
            "tables",
            "writer",
        )
    },
    "autograd_core/program/jax_forms.py": {"jax"},
    "autograd_core/testing/oracles.py": {"mpmath"},
    "autograd_core/testing/true_functions.py": {"mpmath"},
    "autograd_core/testing/strategies.py": {"hypothesis"},
    "autograd_core/symbolic.py": {"sympy"},
    "nn/pytorch/__init__.py": {"torch"},
    "nn/pytorch/twins.py": {"torch"},
    "nn/training.py": {"tqdm"},
    "viz/comparison.py": {"graphviz"},
    "viz/digraph.py": {"graphviz"},
    "viz/gradient_flow/recorder.py": {"matplotlib"},  # for a type
    "viz/notebook.py": {"graphviz"},  # for a type
    "viz/plots/canvas.py": {"matplotlib"},
    "viz/plots/curves.py": {"matplotlib"},  # for a type
    "viz/plots/distributions.py": {"matplotlib"},  # for a type
    "viz/plots/evolution.py": {"matplotlib"},  # for a type
    "viz/plots/inputs.py": {"matplotlib"},
}


def is_module(name: str) -> bool:
    """Tell whether a dotted name is a module of the tree."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def imports(path: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield each import anywhere in `source` as the module and the name taken."""
    yield from imported_by(path, ast.walk(ast.parse(source)))


def late_imports(path: str, source: str) -> set[str]:
    """Return the modules that `source` imports inside of functions and nowhere else."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {inner for function in functions for inner in ast.walk(function)}
    early = (node for node in ast.walk(tree) if node not in inside)
    taken = {module for module, _ in imported_by(path, inside)}
    return taken - {module for module, _ in imported_by(path, early)}


def imported_by(path: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield each import among nodes of the syntax tree of the module at `path`."""
    package = PurePosixPath(path).parent.parts
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            for name in (alias.name for alias in node.names):
                inner = f"{base}.{name}"
                yield (inner, "") if is_module(inner) else (base, name)


def part_of(module: str) -> str:
    """Return the word of LAYERS under which a module stands."""
    top, *below = module.removesuffix(".__init__").split(".")
    return below[0] if top == "autograd_core" and below else top


def may_import(path: str, module: str) -> bool:
    """Tell whether the module at `path` stands above the one it imports."""
    top = module.split(".")[0]
    if top in sys.stdlib_module_names:
        return True
    if top not in (*PACKAGES, "demos"):
        return top in THIRD_PARTY.get(path, ())
    importer = part_of(path.removesuffix(".py").replace("/", "."))
    if importer == part_of(module):
        return True
    if importer in ("nn", "viz"):
        return module in SEEN_FROM_OUTSIDE
    return RANK.get(part_of(module), len(LAYERS)) < RANK.get(importer, 0)


def violations(path: str, source: str) -> list[str]:
    """Return the imports that the text of the module at `path` may not have."""
    late = LATE.get(path, set()) & late_imports(path, source)
    return [
        m for m, _ in imports(path, source) if not (m in late or may_import(path, m))
    ]


# --- layers -------------------------------------------------------------------------
def test_every_module_has_a_layer():
    """A new module is given its place in LAYERS before it is used."""
    modules = [
        str(path.with_suffix("")).replace("/", ".") for path in sources(*PACKAGES)
    ]

    assert [name for name in modules if part_of(name) not in RANK] == []


@pytest.mark.parametrize("path", sources(*PACKAGES), ids=str)
def test_a_module_imports_only_from_the_layers_above_its_own(path):
    """No module imports a lower layer, a sibling package or a third-party package."""
    assert violations(str(path), (ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("autograd_core/graph.py", "from .value import Value"),
        ("autograd_core/graph.py", "from . import value"),
        ("autograd_core/graph.py", "import autograd_core.value"),
        ("autograd_core/graph.py", "from autograd_core import Value"),
        ("autograd_core/graph.py", "from .recording import NOT_RUN"),
        ("autograd_core/kernels/gamma.py", "from ..op import Op"),
        ("autograd_core/value.py", "def f():\n    import nn"),
        ("autograd_core/value.py", "from .debug import debug"),
        ("autograd_core/value.py", "def f():\n    from .testing import check"),
        ("autograd_core/graph.py", "def f():\n    from .debug import debug"),
        ("autograd_core/debug/drawing.py", "import viz"),
        ("autograd_core/debug/drawing.py", "def f():\n    import nn"),
        ("autograd_core/debug/tape.py", "def f():\n    import viz"),
        ("autograd_core/real.py", "import numpy as np"),
        ("nn/layers.py", "from autograd_core.value import Value"),
        ("nn/layers.py", "from viz import draw"),
        ("nn/layers.py", "from tqdm import tqdm"),
        ("viz/dot.py", "from nn import Module"),
        ("viz/dot.py", "import graphviz"),
    ],
)
def test_the_check_of_layers_catches_a_violation(path, source):
    """Each way to import what lies below is seen."""
    assert len(violations(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("autograd_core/value.py", "import math\nfrom .graph import leaves"),
        ("autograd_core/value.py", "def f():\n    from .debug import debug"),
        ("autograd_core/debug/drawing.py", "def f():\n    from viz import draw"),
        ("autograd_core/kernels/gamma.py", "from .elementary import log"),
        ("autograd_core/__init__.py", "from . import errors"),
        ("nn/layers.py", "from autograd_core import dot\nfrom .module import Module"),
        ("viz/dot.py", "from autograd_core.errors import OperandError"),
        ("viz/dot.py", "from autograd_core.inspection import number"),
        ("nn/training.py", "def f():\n    from tqdm import tqdm"),
    ],
)
def test_the_check_of_layers_lets_the_rest_pass(path, source):
    """What the layers allow is no violation."""
    assert violations(path, source) == []


@pytest.mark.parametrize("path", sources("nn", "viz"), ids=str)
def test_nn_and_viz_take_only_public_names(path):
    """What nn and viz import from the core stands in an `__all__`."""
    taken = [
        (module, name)
        for module, name in imports(str(path), (ROOT / path).read_text())
        if module.startswith("autograd_core")
    ]

    assert [
        (module, name)
        for module, name in taken
        if name and name not in import_module(module).__all__
    ] == []


# --- importing ----------------------------------------------------------------------
