"""Which demos there are: the modules of this package that have a `main`."""

import ast
from pathlib import Path

__all__ = ["catalogue"]


def catalogue() -> dict[str, str]:
    """Return the docstring of each demo by its name, in alphabetical order.

    >>> catalogue()["digits"].splitlines()[0]
    'Train a network of scalar Values on real handwritten digits, and look inside.'
    """
    found = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        tree = ast.parse(path.read_text("utf-8"))  # read, for an import may need extras
        functions = [node.name for node in tree.body if hasattr(node, "name")]
        if "main" in functions:
            found[path.stem] = ast.get_docstring(tree) or ""
    return found
