"""The product's settings, by the clock of the run."""

from benchmarks.publishing import clock

clock.install()

from studio.settings import *  # noqa: E402, F403
