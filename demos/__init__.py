"""Runnable essays on real data: `python -m demos` lists them."""
