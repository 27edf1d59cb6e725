"""Transcribers, translators and noise reducers."""

from studio.lib.engines import Engine

HEARING: tuple[Engine, ...] = ()
