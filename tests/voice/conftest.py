"""The pages' tests know how to find a Chromium; the voice's tests use it as well."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "web"))
