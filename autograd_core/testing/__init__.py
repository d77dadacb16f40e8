"""Property tests of derivatives, this engine's and anybody's.

Needs the extra `testing`: hypothesis to draw, mpmath to judge.
"""
