"""List the demos, each with the first line of its docstring."""

import pkgutil
from importlib import import_module

import demos


def main() -> None:
    """Print one line for each module of this package that can be run."""
    print("Run one with: python -m demos.NAME\n")
    names = {module.name for module in pkgutil.iter_modules(demos.__path__)}
    for name in sorted(names - {"__main__"}):
        demo = import_module(f"demos.{name}")
        if hasattr(demo, "main"):
            print(f"  {name:14} {(demo.__doc__ or '').splitlines()[0]}")


if __name__ == "__main__":
    main()
