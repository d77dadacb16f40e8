"""Settings that all tests share."""

import os

from hypothesis import settings

# Shared machines stall: no test may depend on how long one example takes. The deep
# profile draws the same examples every time, so that it judges the change at hand; the
# soak profile is for looking for what nobody has seen yet.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("deep", deadline=None, max_examples=300, derandomize=True)
settings.register_profile("soak", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
