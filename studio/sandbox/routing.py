"""Which platforms and vendors are played, and what of them answers to which path."""

from importlib import import_module
from types import ModuleType

from studio.sandbox import MODULES, VENDORS, identity
from studio.sandbox.calls import Reply, Route
from studio.sandbox.state import Sandbox


class Platforms:
    """All emulated platforms with their routes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.modules: dict[str, ModuleType] = {
            prefix: import_module(name) for prefix, name in {**MODULES, **VENDORS}.items()
        }
        self.routes = {prefix: _routes(module) for prefix, module in self.modules.items()}
        sandbox.seed = self.seed
        self.seed()

    def seed(self) -> None:
        """Make the accounts that exist from the beginning, where there are none yet."""
        for prefix, module in self.modules.items():
            seen = self.sandbox.of(prefix)
            if prefix in MODULES and not seen.find("account"):
                getattr(module, "seed", _seed)(seen)

    def route(self, prefix: str, method: str, path: str) -> tuple[Route, dict[str, str]] | Reply:
        others = set()
        for route in self.routes[prefix]:
            if found := route.match(path):
                if route.method == method:
                    return route, found.groupdict(default="")
                others.add(route.method)
        if others:
            allowed = {"Allow": ", ".join(sorted(others))}
            return Reply(405, {"error": f"{method} is not known here."}, allowed)
        return Reply(404, {"error": f"The sandbox has no {path} on {prefix}."})


def _seed(sandbox: Sandbox) -> None:
    identity.add_account(sandbox, "1001", "mira.demo")
    identity.add_account(sandbox, "1002", "otto.demo")


def _routes(module: ModuleType) -> list[Route]:
    return [one if isinstance(one, Route) else Route(*one) for one in module.ROUTES]
