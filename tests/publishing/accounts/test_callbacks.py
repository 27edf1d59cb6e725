"""What platforms tell us without being asked: signed, and still no more than a hint."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from django.urls import reverse
from django.utils import timezone

from publishing import tasks
from publishing.accounts import callbacks
from publishing.models import Account, Deletion, Post, Webhook
from publishing.platforms.errors import AuthExpired
from tests import factories
from tests.publishing.conftest import build_post

pytestmark = pytest.mark.django_db
SECRET = "our-secret"


@pytest.fixture(autouse=True)
def _apps(monkeypatch, script, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    for name in ("INSTAGRAM_APP", "META_APP", "THREADS_APP"):
        monkeypatch.setenv(f"{name}_ID", "our-app")
        monkeypatch.setenv(f"{name}_SECRET", SECRET)
    monkeypatch.setenv("TIKTOK_CLIENT_KEY", "our-key")
    monkeypatch.setenv("TIKTOK_CLIENT_SECRET", SECRET)
    plays(monkeypatch, "instagram")


def plays(monkeypatch, registration):
    """The double's accounts count as those of that app of ours."""
    known = {"tokened": registration}
    monkeypatch.setattr(callbacks, "_registration", lambda name: known.get(name, ""))


@pytest.fixture
def jobs(monkeypatch):
    """What was handed to a worker."""
    found = []
    monkeypatch.setattr(callbacks, "enqueue", lambda task, pk, **_: found.append((task, pk)))
    return found


@pytest.fixture
def account():
    return factories.AccountFactory(
        platform="tokened", external_id="user-7", name="Alice there", access_token="a1"
    )


def signed(secret=SECRET, **payload):
    def encoded(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    said = {"algorithm": "HMAC-SHA256", "user_id": "user-7", **payload}
    words = encoded(json.dumps(said).encode())
    digest = hmac.new(secret.encode(), words.encode(), hashlib.sha256).digest()
    return f"{encoded(digest)}.{words}"


def meta(client, verb, given, registration="instagram"):
    url = reverse(f"callback-{verb}", args=[registration])
    return client.post(url, {"signed_request": given})


def test_an_old_deletion_that_is_sent_again_deletes_nothing(client, account, jobs):
    then = int(timezone.now().timestamp()) - 2 * 24 * 3600
    answer = meta(client, "delete", signed(issued_at=then))
    assert (answer.status_code, answer.json()["error"]) == (400, "This was signed too long ago.")
    account.refresh_from_db()
    assert account.access_token == "a1"
    now = int(timezone.now().timestamp())
    assert meta(client, "deauthorize", signed(issued_at=now)).status_code == 200


def test_a_deauthorisation_is_looked_into_and_not_believed(client, account, jobs, script):
    assert meta(client, "deauthorize", signed()).status_code == 200
    assert jobs == [("publishing.tasks.check_account", account.pk)]
    tasks.check_account(account.pk)  # it still works
    account.refresh_from_db()
    assert account.state == Account.State.CONNECTED
    script.whoami = [AuthExpired("The permission was withdrawn.")]
    tasks.check_account(account.pk)
    account.refresh_from_db()
    assert account.state == Account.State.RECONNECT


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "a.b",
        "ä.ö",
        signed("another secret"),
        signed().replace(".", ".x"),
        signed(algorithm="none"),
    ],
    ids=["empty", "word", "not JSON", "umlauts", "secret", "changed", "algorithm"],
)
def test_what_meta_did_not_sign_changes_nothing(client, account, jobs, given):
    for verb in ("deauthorize", "delete"):
        assert meta(client, verb, given).status_code == 400
    assert jobs == []
    account.refresh_from_db()
    assert account.external_id == "user-7"
    assert not Deletion.objects.exists()


def test_an_app_without_a_secret_believes_nobody(client, account, monkeypatch):
    monkeypatch.setenv("INSTAGRAM_APP_ID", "")
    monkeypatch.setenv("INSTAGRAM_APP_SECRET", "")
    assert meta(client, "delete", signed("")).status_code == 400
    assert meta(client, "delete", signed(), registration="tiktok").status_code == 400


def test_a_deletion_wipes_the_account_and_can_be_asked_about(client, account, jobs):
    answer = meta(client, "delete", signed()).json()
    account.refresh_from_db()
    assert account.state == Account.State.DISCONNECTED
    for kept in (account.external_id, account.name, account.username, account.access_token):
        assert "user-7" not in kept
        assert "Alice" not in kept
        assert kept != "a1"
    code = answer["confirmation_code"]
    assert answer["url"] == f"http://testserver/callbacks/deletion/{code}/"
    page = client.get(answer["url"])
    assert page.status_code == 200
    assert "were deleted here" in page.content.decode()
    assert client.get("/callbacks/deletion/unknown/").status_code == 404


# TikTok


def event(name="post.publish.complete", at=None, secret=SECRET, key="our-key", **content):
    body = json.dumps(
        {
            "client_key": key,
            "event": name,
            "create_time": 1,
            "user_openid": "user-7",
            "content": json.dumps(content),
        }
    )
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"data": body, "headers": {"TikTok-Signature": f"t={at},s={digest}"}}


def tell(client, given):
    url = reverse("callback-tiktok")
    return client.post(url, content_type="application/json", **given)


@pytest.fixture
def waiting_post(account, monkeypatch):
    plays(monkeypatch, "tiktok")
    return build_post(
        account=account,
        reel=factories.ReelFactory(ready=True, take__script__slot__creator=account.creator),
        state=Post.State.PROCESSING,
        handle={"publish_id": "v1"},
        retry_at=timezone.now() + timezone.timedelta(minutes=10),
    )


def test_an_event_wakes_a_look_and_says_nothing_by_itself(client, waiting_post, jobs):
    assert tell(client, event(publish_id="v1")).status_code == 200
    waiting_post.refresh_from_db()
    assert waiting_post.state == Post.State.PROCESSING
    assert waiting_post.retry_at <= timezone.now()
    assert jobs == [("publishing.tasks.publish", waiting_post.pk)]


def test_the_same_event_again_does_nothing(client, waiting_post, jobs):
    given = event(publish_id="v1")
    for _ in range(3):
        assert tell(client, given).status_code == 200
    assert len(jobs) == 1
    assert Webhook.objects.count() == 1


def test_an_event_about_another_post_wakes_nothing(client, waiting_post, jobs):
    assert tell(client, event(publish_id="v2")).status_code == 200
    assert jobs == []


def test_a_removed_authorisation_is_asked_about(client, waiting_post, account, jobs):
    tell(client, event("authorization.removed", reason=1))
    assert jobs == [("publishing.tasks.check_account", account.pk)]


@pytest.mark.parametrize(
    "given",
    [
        event(secret="another"),
        event(at=int(time.time()) - 3600),
        event(at=int(time.time()) + 3600),
        {"data": "{}", "headers": {"TikTok-Signature": "t=,s="}},
        {"data": "{}", "headers": {}},
        {**event(), "data": "not what was signed"},
        {"data": "x" * 100_000, "headers": {}},
    ],
    ids=["secret", "old", "future", "empty", "unsigned", "changed", "long"],
)
def test_what_tiktok_did_not_sign_now_changes_nothing(client, waiting_post, jobs, given):
    assert tell(client, given).status_code == 400
    assert jobs == []
    assert not Webhook.objects.exists()


def test_an_event_for_another_app_changes_nothing(client, waiting_post, jobs):
    assert tell(client, event(key="theirs", publish_id="v1")).status_code == 200
    assert jobs == []


def test_callbacks_take_no_questions(client):
    for name, args in (("callback-tiktok", []), ("callback-delete", ["instagram"])):
        assert client.get(reverse(name, args=args)).status_code == 405
