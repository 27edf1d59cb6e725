"""Looking for an order among a vendor's latest jobs: it is there, is not, or nobody can tell."""

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from avatar.engine.vendors.orders import NOT_THERE, Handle, Sent

CLOCKS_S = 600  # how far the vendor's clock may be from ours


@dataclass(frozen=True)
class Row:
    """A job of a list. inputs: what went in, None where the list does not say."""

    id: str
    inputs: Mapping[str, Any] | None
    created_at: str  # ISO


def found_among(rows: Iterable[Row | None], sent: Sent) -> Handle | None:
    """The order by its inputs, which hold addresses of uploads that no other order has.

    rows: newest first. None in their place: there are more, and we stop here.

    Returns NOT_THERE when the list goes back beyond the moment the order left and every job since
    shows other inputs; None when that cannot be told. Another's film would be worse than none.
    """
    left_at = time.time() - sent.since_s - CLOCKS_S
    all_shown = True
    for row in rows:
        if row is None:
            return None
        if row.inputs == sent.prepared and row.id:
            return {"id": row.id}
        if _seconds(row.created_at) < left_at:
            break
        all_shown = all_shown and bool(row.inputs)
    return NOT_THERE if all_shown else None


def _seconds(iso: str) -> float:
    """Since 1970; of a time that cannot be read, the far future."""
    try:
        when = dt.datetime.fromisoformat(iso)
    except ValueError:
        return float("inf")
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
