"""What came of it, a line for every route of section 17."""

from avatar.engine.registry import ENGINES, missing
from avatar.engine.registry.systems import SYSTEMS, routes
from avatar.engine.vendors.access import Access
from benchmarks.engines.making import Made
from studio.lib.engines import Engine

LONGEST_NAME = 46
NEVER = "never made"  # of a charge: it was refused before anything was ordered


def print_table(made: list[Made], access: Access, elsewhere: dict[str, list[str]]) -> bool:
    """Whether all is well. elsewhere: lines of rows that no engine of the registry serves."""
    ranked = sorted(made, key=_is_fine)  # the best that an engine has to show
    of_engine = {engine.name: one for one in ranked for engine in one.plan.engines}
    seen: set[str] = set()
    works = with_route = 0
    print(f"{'row':>3} {'engine':{LONGEST_NAME}} {'reel':9} orders       charge  seconds")
    for system in SYSTEMS:
        found = routes(system)
        lines = elsewhere.get(system.row, [])
        if not found and not system.elsewhere:
            print(f"{system.row:>3} {system.name}: no route; {system.without}")
            continue
        asked = [one for one in found if one.name in of_engine or missing(one, access)]
        if not asked and not lines:
            continue  # not asked for this time
        refused = [one for one in asked if _is_refused(of_engine.get(one.name))]
        with_route += len(refused) < len(asked) or bool(lines)
        works += any(_is_fine(of_engine.get(one.name)) for one in found) or bool(lines)
        for engine in asked:
            seen.add(engine.name)
            print(_line(system.row, engine, of_engine.get(engine.name), access))
        for line in lines:
            print(f"{system.row:>3} {line}")
    for name in sorted(of_engine.keys() - seen):
        print(_line("-", ENGINES[name], of_engine[name], access))
    wrong = [one for one in made if one.wrong and not _is_refused(one)]
    gone = [one for one in made if _is_refused(one)]
    done = sum(_is_fine(one) for one in of_engine.values())
    print(
        f"{works} of {with_route} rows with a route work; {done} of {len(of_engine)} engines made"
        f" their part of a reel, {len(gone)} are not offered by the double and cost nothing."
    )
    for one in wrong:
        names = ", ".join(engine.name for engine in one.plan.proves)
        for problem in one.wrong:
            print(f"  ! {names}: {problem}")
    return not wrong and works == with_route


def _is_fine(made: Made | None) -> bool:
    return made is not None and made.state == "ready" and not made.wrong


def _is_refused(made: Made | None) -> bool:
    """The double has no such model, which nobody has confirmed; and nothing was ordered."""
    if made is None:
        return False
    is_sure = all(engine.confirmed for engine in made.plan.engines)
    return not is_sure and made.state == "failed" and not sum(made.orders.values())


def _line(row: str, engine: Engine, made: Made | None, access: Access) -> str:
    name = f"{row:>3} {engine.name:{LONGEST_NAME}}"
    if made is None:
        return f"{name} not here   {missing(engine, access)}"
    charges = [one for one in made.charges_of(engine) if one.told != NEVER]
    usd = " + ".join(one.price.removesuffix(" USD") for one in charges)
    told = f"{usd} USD" if usd else "nothing"
    state = "refused" if _is_refused(made) else "WRONG" if made.wrong else made.state
    note = f"  {made.problem}" if made.state != "ready" else ""
    return f"{name} {state:9} {len(charges):6} {told:>12} {made.seconds:8.0f}{note}"
