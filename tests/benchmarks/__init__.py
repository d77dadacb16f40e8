"""Measurements, which pytest leaves alone: each module here is a script.

Run one from the root of the project, `python -m tests.benchmarks.moons`, after
`pip install 'autograd-core[bench]'`. Every figure that a machine's mood can move is a
ratio between candidates that took turns in one process.
"""
