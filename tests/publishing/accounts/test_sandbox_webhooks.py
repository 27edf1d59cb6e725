"""Webhooks as the sandbox signs and sends them, at the address that takes them."""

import pytest
from django.urls import reverse

from publishing.models import Webhook
from studio.sandbox.platforms.tiktok_hooks import tell
from tests.studio.sandbox.walking import listening

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
EVENTS = (
    ("post.publish.complete", {"publish_id": "v_pub_file~v2-1.1"}),
    ("post.publish.publicly_available", {"publish_id": "v_pub_file~v2-1.1", "post_id": "74"}),
)


@pytest.fixture
def sent(sandbox):
    """What arrives of two events, sent twice and backwards: (signature, body)."""
    with listening() as ear:
        sandbox.set_rule("tiktok.webhook_url", ear.url)
        sandbox.set_rule("tiktok.webhooks", "twice reversed")
        tell(sandbox.of("tiktok"), "sandbox-app", "open-mira", *EVENTS).join(10)
        assert len(ear.heard) == 4
        return ear.heard


def take(client, signature, body):
    url = reverse("callback-tiktok")
    headers = {"TikTok-Signature": signature}
    return client.post(url, body, content_type="application/json", headers=headers).status_code


def test_each_event_is_taken_up_once(client, sent):
    assert [take(client, *one) for one in sent] == [200] * 4
    assert sorted(Webhook.objects.values_list("event", flat=True)) == [name for name, _ in EVENTS]


def test_a_changed_event_is_not(client, sent):
    signature, body = sent[0]
    assert take(client, signature, body.replace(b"open-mira", b"open-otto")) == 400
    assert not Webhook.objects.exists()


def test_nor_is_one_from_yesterday(client, sandbox, sent):
    sandbox.advance(-86400)
    with listening() as ear:
        sandbox.set_rule("tiktok.webhook_url", ear.url)
        tell(sandbox.of("tiktok"), "sandbox-app", "open-mira", EVENTS[0]).join(10)
        assert take(client, *ear.heard[0]) == 400
