"""For all tests: the same examples of a property on every run, and none fails because the machine is busy."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
