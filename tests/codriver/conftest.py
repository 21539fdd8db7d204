"""How the tests of the ground floor run."""

from hypothesis import settings

# The same examples on every run, and none fails because the machine is busy.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
