"""Meta's logins: tokens that replace themselves, and Facebook Login with the Pages behind it."""

import datetime as dt
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from publishing.platforms.access import Grant, NoAccess, Tokens
from publishing.platforms.apps import App
from publishing.platforms.base import Profile
from publishing.platforms.errors import AuthExpired, PlatformError, Rejected, Transient
from publishing.platforms.hosts import host, meta_version
from publishing.platforms.http import Reply
from publishing.platforms.meta import Graph
from publishing.platforms.oauth import login_address, tokens_of

log = logging.getLogger(__name__)

PAGE_FIELDS = (
    "id,name,access_token,tasks,instagram_business_account{id,username,profile_picture_url}"
)
TASK = "CREATE_CONTENT"


def clean_code(code: str) -> str:
    """The code without the `#_` that Meta may hang behind the address it returns to."""
    return code.removesuffix("#_")


def _dialog(page: str, app: App, scopes: Sequence[str], redirect_uri: str, state: str) -> str:
    return login_address(
        page,
        client_id=app.id,
        redirect_uri=redirect_uri,
        response_type="code",
        scope=",".join(scopes),
        state=state,
    )


def flat(reply: Reply) -> dict[str, Any]:
    """A token answer, which comes flat or as {"data": [{...}]}."""
    inner = reply.get("data", 0)
    found = inner if isinstance(inner, dict) else reply.body
    return found if isinstance(found, dict) else {}


def login_refused(label: str, reply: Reply) -> PlatformError:
    """The code was used before, has run out, or belongs to another address."""
    if reply.ok or reply.get("error", "is_transient") is True:
        return Transient(f"{label} gave no permission; try again.", reply=reply.text)
    return Rejected(f"{label} did not accept this login; start it again.", reply=reply.text)


# Tokens that replace themselves: Instagram Login and Threads


def long_lived(
    graph: Graph, path: str, query: Mapping[str, str], short: str, scopes: Sequence[str]
) -> Tokens:
    """Sixty days for an hour's token."""
    reply = graph.plain(path, **query, access_token=short)
    if not reply.ok:
        raise login_refused(graph.label, reply)
    return replace(tokens_of(reply), scopes=tuple(scopes))


def refreshed(graph: Graph, grant_type: str, tokens: Tokens) -> Tokens:
    """Another sixty days. Only code 190 means that the grant is gone: a token that is younger
    than a day is refused, too.
    """
    reply = graph.plain("refresh_access_token", grant_type=grant_type, access_token=tokens.access)
    if reply.status == 429 or reply.status >= 500:
        raise graph.caller.failure(reply)
    if not reply.ok:
        gone = str(reply.get("error", "code")) == "190"
        kind = AuthExpired if gone else Transient
        raise kind(
            f"{graph.label} no longer accepts this permission; connect the account again."
            if gone
            else f"{graph.label} does not renew the permission now.",
            reply=reply.text,
        )
    return tokens_of(reply)


class SixtyDayLogin(NoAccess, ABC):
    """A code, a token for an hour, and one for 60 days that renews itself while it is valid."""

    label: ClassVar[str]
    auth_host: ClassVar[str]  # keys of hosts.HOSTS: the login page,
    token_host: ClassVar[str]  # the code's token,
    graph_host: ClassVar[str]  # and all else
    version: ClassVar[str] = ""  # of the Graph, where it is not Meta's own
    grants: ClassVar[str]  # what the names of its grant types begin with
    scopes: ClassVar[tuple[str, ...]]
    needed: ClassVar[tuple[str, ...]] = ()  # nothing goes out without these

    @abstractmethod
    def profile(self, graph: Graph) -> Profile:
        """Whose token it is."""

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        page = f"{host(self.auth_host)}/oauth/authorize"
        return _dialog(page, self.app, self.scopes, redirect_uri, state)

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        graph = self._graph()
        reply = graph.caller.call(
            "POST",
            f"{host(self.token_host)}/oauth/access_token",
            data={
                "client_id": self.app.id,
                "client_secret": self.app.secret,
                "grant_type": "authorization_code",
                "redirect_uri": redirect_uri,
                "code": clean_code(code),
            },
        )
        short = flat(reply)
        if not reply.ok or not short.get("access_token"):
            raise login_refused(self.label, reply)
        permissions = _names(short.get("permissions"))
        missing = [name for name in self.needed if permissions and name not in permissions]
        if missing:
            raise Rejected(f"{self.label} was not allowed {', '.join(missing)}; allow everything.")
        tokens = long_lived(
            graph,
            "access_token",
            {"grant_type": f"{self.grants}_exchange_token", "client_secret": self.app.secret},
            str(short["access_token"]),
            permissions or self.scopes,
        )
        return [Grant(self.profile(self._graph(tokens.access)), tokens)]

    def refresh(self, tokens: Tokens) -> Tokens:
        """Sixty days more. The token must be a day old and not yet run out."""
        if tokens.expires_at and tokens.expires_at <= dt.datetime.now(dt.UTC):
            raise AuthExpired("The permission has run out; connect the account again.")
        return refreshed(self._graph(), f"{self.grants}_refresh_token", tokens)

    def _graph(self, token: str = "") -> Graph:
        return Graph(self.label, self.graph_host, token, version=self.version)


def _names(value: Any) -> tuple[str, ...]:
    """Permissions come as a list or as words with commas."""
    if isinstance(value, list):
        return tuple(map(str, value))
    return tuple(str(value or "").replace(",", " ").split())


# Facebook Login


class FacebookLogin(NoAccess):
    """A login that ends in Pages. Their tokens have no end in time, but die with the password, a
    role, or a permission of whoever connected them.
    """

    registration = "facebook"
    label: ClassVar[str]
    scopes: ClassVar[tuple[str, ...]]  # asked for
    needed: ClassVar[tuple[str, ...]]  # without which nothing works

    def authorize_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        page = f"{host('FACEBOOK_AUTH_URL')}/{meta_version()}/dialog/oauth"
        return _dialog(page, self.app, self.scopes, redirect_uri, state)

    def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> list[Grant]:
        short = self._token(redirect_uri=redirect_uri, code=clean_code(code))
        user = self._token(grant_type="fb_exchange_token", fb_exchange_token=short)
        graph = self._graph(user)
        granted = self._granted(graph)
        found = [
            grant for page in _pages(graph) if (grant := self._grant(page, granted)) is not None
        ]
        if not found:
            raise Rejected(self.nobody)
        return found

    nobody: ClassVar[str]  # what is said when the login has no account of this kind

    def _grant(self, page: Mapping[str, Any], scopes: tuple[str, ...]) -> Grant | None:
        """The account that is posted to through a Page; None when it has none."""
        raise NotImplementedError

    def _token(self, **query: str) -> str:
        graph = self._graph()
        reply = graph.caller.call(
            "GET",
            f"{graph.root}/oauth/access_token",
            params={"client_id": self.app.id, "client_secret": self.app.secret, **query},
        )
        token = flat(reply).get("access_token")
        if not reply.ok or not token:
            raise login_refused(self.label, reply)
        return str(token)

    def _granted(self, graph: Graph) -> tuple[str, ...]:
        """What was really allowed: people can untick."""
        granted = tuple(
            str(one.get("permission"))
            for one in graph.pages("me/permissions")
            if one.get("status") == "granted"
        )
        missing = [scope for scope in self.needed if scope not in granted]
        if missing:
            raise Rejected(
                f"{self.label} was not allowed {', '.join(missing)};"
                " connect again and allow everything."
            )
        return granted

    def page_tokens(self, token: str, scopes: tuple[str, ...]) -> Tokens:
        """What Facebook says of a Page's token. Where it says nothing, its documentation holds: a
        Page's token from a long-lived login has no end.
        """
        asker = f"{self.app.id}|{self.app.secret}"
        try:
            reply = self._graph().get("debug_token", input_token=token, access_token=asker)
        except PlatformError as e:
            log.warning("Facebook does not describe a Page's token: %s", e)
            return Tokens(access=token, scopes=scopes)
        if reply.get("data", "is_valid") is not True:
            raise Rejected(f"{self.label} gave a permission that is not valid; connect again.")
        return Tokens(
            access=token,
            expires_at=_moment(reply.get("data", "expires_at")),
            # Not a refresh token's, but until when the Page may be read without a new login.
            refresh_expires_at=_moment(reply.get("data", "data_access_expires_at")),
            scopes=tuple(reply.get("data", "scopes", default=())) or scopes,
        )

    def _graph(self, token: str = "") -> Graph:
        return Graph(self.label, "FACEBOOK_GRAPH_URL", token, app_secret=self.app.secret)


def _pages(graph: Graph) -> Iterator[dict[str, Any]]:
    """Every Page that the login may post to, with a token of its own, each once.

    Those owned through a business can be missing from `me/accounts`.
    """
    seen: set[str] = set()
    for page in _all_pages(graph):
        name = str(page.get("id", ""))
        if not name or name in seen:
            continue
        seen.add(name)
        if not page.get("access_token"):
            page = _with_token(graph, page)
        if page.get("access_token") and TASK in page.get("tasks", [TASK]):
            yield page


def _all_pages(graph: Graph) -> Iterator[dict[str, Any]]:
    yield from graph.pages("me/accounts", fields=PAGE_FIELDS, limit=100)
    for business in _perhaps(graph, "me/businesses", fields="id,name"):
        for edge in ("owned_pages", "client_pages"):
            yield from _perhaps(graph, f"{business['id']}/{edge}", fields=PAGE_FIELDS, limit=100)


def _perhaps(graph: Graph, path: str, **params: Any) -> list[dict[str, Any]]:
    """A list that not every login may read, and that a login can do without."""
    try:
        return list(graph.pages(path, **params))
    except PlatformError as e:
        log.info("Facebook does not list %s: %s", path, e)
        return []


def _with_token(graph: Graph, page: dict[str, Any]) -> dict[str, Any]:
    try:
        return page | {
            "access_token": graph.get(page["id"], fields="access_token").get("access_token")
        }
    except PlatformError:
        return page


def _moment(seconds: Any) -> dt.datetime | None:
    """Unix seconds; 0 is never."""
    return (
        dt.datetime.fromtimestamp(seconds, dt.UTC)
        if isinstance(seconds, int) and seconds
        else None
    )
