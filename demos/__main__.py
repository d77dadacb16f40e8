"""List the demos, or run them all and show on one page what they printed and drew."""

import argparse
import os
import sys
from pathlib import Path

from demos.catalogue import catalogue
from demos.command import output_folder
from demos.running import run_all, write_index


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m demos", description=__doc__)
    parser.add_argument("which", nargs="?", metavar="all", help="run them all")
    parser.add_argument("--out", type=Path, default=Path("out"), help="default: out")
    cores = os.cpu_count() or 1
    parser.add_argument("--jobs", type=int, default=cores, help=f"default: {cores}")
    options = parser.parse_args()
    if options.which is None:
        return show_list()
    if options.which != "all":
        parser.error(wrong(options.which))
    if options.jobs < 1:
        parser.error(f"--jobs takes a count from 1 up, not {options.jobs}")
    return run_them(output_folder(parser, options.out), options.jobs)


def wrong(which: str) -> str:
    """Say what is run how."""
    if which in catalogue():
        return f"one demo is run with: python -m demos.{which}"
    return f"it takes 'all', or nothing for a list, not {which!r}"


def show_list() -> int:
    """Print one line for each demo."""
    print("Run one with: python -m demos.NAME, or all with: python -m demos all\n")
    docs = catalogue()
    widest = max(map(len, docs))
    for name, doc in docs.items():
        print(f"  {name:{widest}}  {doc.splitlines()[0]}")
    return 0


def run_them(folder: Path, jobs: int) -> int:
    """Run all demos, print each as it ends, and write the page; 1 if any failed."""
    runs = []
    for one in run_all(catalogue(), folder, jobs):
        runs.append(one)
        print(one, flush=True)
    print("index:", write_index(runs, folder / "index.html"))
    return int(any(one.code for one in runs))


if __name__ == "__main__":
    sys.exit(main())
