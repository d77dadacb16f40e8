"""Settings that all tests share."""

import os

from hypothesis import settings

# Shared machines stall: no test may depend on how long one example takes.
settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile("deep", deadline=None, max_examples=300, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
