"""Which of several engines does it: the first that is set up and can. Never silently."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from avatar.engine.errors import (
    BadResult,
    InputError,
    JobFailed,
    KeyRefused,
    ModelUnavailable,
    OverBudget,
    Refused,
    Unpaid,
)
from avatar.engine.registry import missing
from avatar.engine.registry.notes import Notes
from avatar.engine.vendors.access import Access
from studio.lib.engines import Engine

T = TypeVar("T")

# After these the next one is asked. After Busy and Pending the same one is asked again later, and
# after OutcomeUnknown a person decides: another order could pay twice for one thing.
PASSED_OVER = (
    ModelUnavailable, KeyRefused, Unpaid, OverBudget, Refused, JobFailed, BadResult,
)  # fmt: skip


def first_that_can(
    engines: Sequence[Engine],
    access: Access,
    act: Callable[[Engine], T],
    on_warning: Callable[[str], None],
    notes: Notes | None = None,
) -> tuple[Engine, T]:
    """The first engine that does it, and what it gives.

    on_warning: gets a sentence for each that was passed over. Raises what the last one raised.
    notes: who was passed over a moment ago is not asked again.
    """
    for number, engine in enumerate(engines, 1):
        is_last = number == len(engines)
        try:
            if problem := missing(engine, access):
                raise ModelUnavailable(problem)
            who = f"{engine.name} {access.account(engine.vendor) if engine.vendor else ''}"
            if notes and not is_last and (earlier := notes.recalled(who)):
                raise earlier
            return engine, act(engine)
        except PASSED_OVER as e:
            if is_last:
                raise
            if notes and not isinstance(e, ModelUnavailable):
                notes.keep(who, e)
            on_warning(f"{engine.label} was passed over. {e}")
    raise InputError("No engine is named.")


def options_of(
    engine: Engine, engines: Sequence[Engine], chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """What was chosen, as far as it is this engine's, with its defaults.

    Raises InputError for an option that none of the engines has, or a value that it cannot have.
    """
    known = {name for one in engines for name in one.options}
    if strange := [name for name in chosen if name not in known]:
        names = ", ".join(sorted(known)) or "none"
        labels = " and ".join(one.label for one in engines)
        raise InputError(f"{labels}: there is no option {strange[0]}; there are: {names}.")
    try:
        return engine.settled({k: v for k, v in chosen.items() if k in engine.options})
    except ValueError as e:
        raise InputError(str(e)) from e
