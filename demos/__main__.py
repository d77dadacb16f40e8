"""List the demos, each with the first line of its docstring."""

import pkgutil
from importlib import import_module

import demos


def main() -> None:
    """Print one line for each module of this package that can be run."""
    print("Run one with: python -m demos.NAME\n")
    names = {module.name for module in pkgutil.iter_modules(demos.__path__)}
    modules = {name: import_module(f"demos.{name}") for name in names - {"__main__"}}
    found = {name: demo for name, demo in modules.items() if hasattr(demo, "main")}
    widest = max(map(len, found))
    for name in sorted(found):
        print(f"  {name:{widest}}  {(found[name].__doc__ or '').splitlines()[0]}")


if __name__ == "__main__":
    main()
