"""The command line that every demo which writes pictures shares."""

import argparse
import os
from pathlib import Path

__all__ = ["command", "output_folder"]


def command(doc: str) -> argparse.ArgumentParser:
    """Return a parser described by the first line of `doc`, with `--out`."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out"), help="default: out")
    return parser


def output_folder(parser: argparse.ArgumentParser, folder: Path) -> Path:
    """Make the folder, or end with a message, before any work is done."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: cannot write to {folder}: {error.strerror}")
    return folder
