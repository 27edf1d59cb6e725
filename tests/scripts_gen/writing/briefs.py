"""Briefs out of plain notes, as the services make them."""

from scripts_gen.research import Source, find_points
from scripts_gen.writing import BriefData


def brief(text, title="Why your risotto is gluey", tag="en", *, own=True, used=(), **fields):
    """What a script about one note is made of."""
    points = find_points([Source(1, title, text, own)], title, tag, used=used)
    return BriefData(
        topic=title,
        points=tuple(points),
        titles={1: title},
        said_before=len(used),
        **fields,
    )
