"""From notes and pasted sources to points a script can be made of. Knows no Django."""

from scripts_gen.research.points import Point, Source, choose_sources, find_points, match_pillar

__all__ = ["Point", "Source", "choose_sources", "find_points", "match_pillar"]
