"""For all tests: how long an example may take is not what hypothesis is asked for here; machines are busy at times."""

from hypothesis import settings

settings.register_profile("klaver", deadline=None)
settings.load_profile("klaver")
