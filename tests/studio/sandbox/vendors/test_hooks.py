"""Webhooks, each checked as its vendor's documents say one checks them."""

import base64
import hashlib
import hmac

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from studio.sandbox.vendors.hooks import SECRET
from tests.sandboxes import hosting
from tests.studio.sandbox.vendors.asking import Asker, listening

PROMPT = {"prompt": "p", "aspect_ratio": "9:16", "resolution": "540p"}


@pytest.fixture
def files(clip, photo, voice):
    """Addresses of a film, a photo and a sound."""
    with hosting(clip.parent) as a, hosting(photo.parent) as b, hosting(voice(0.6).parent) as c:
        yield {
            "video": f"{a}/{clip.name}",
            "image": f"{b}/{photo.name}",
            "audio": f"{c}/{voice(0.6).name}",
        }


@pytest.fixture
def ear(at_once):
    with listening() as found:
        yield found


def asker(sandbox, vendor, header="Authorization", scheme="Bearer "):
    return Asker(f"{sandbox.url}/{vendor}", {header: f"{scheme}sandbox-key"})


def order_sync(sandbox, files, url):
    inputs = [{"type": kind, "url": files[kind]} for kind in ("video", "audio")]
    body = {"model": "lipsync-2", "input": inputs, "webhookUrl": url}
    return asker(sandbox, "sync", "x-api-key", "").post("/v2/generate", json=body).json()["id"]


def order_wavespeed(sandbox, files, url):
    body = {name: files[name] for name in ("video", "audio")}
    answer = asker(sandbox, "wavespeed").post(
        "/api/v3/sync/lipsync-3", json=body, params={"webhook": url}
    )
    return answer.json()["data"]["id"]


def order_replicate(sandbox, files, url):
    given = {name: files[name] for name in ("video", "audio")}
    answer = asker(sandbox, "replicate").post(
        "/models/sync/lipsync-2/predictions", json={"input": given, "webhook": url}
    )
    return answer.json()["id"]


def order_fal(sandbox, files, url):
    body = {f"{name}_url": files[name] for name in ("video", "audio")}
    answer = asker(sandbox, "fal", scheme="Key ").post(
        "/fal-ai/sync-lipsync/v2", json=body, params={"fal_webhook": url}
    )
    return answer.json()["request_id"]


def order_hedra(sandbox, files, url):
    given = {
        **PROMPT,
        "start_image": {"source": "url", "url": files["image"]},
        "audio": {"source": "url", "url": files["audio"]},
    }
    body = {"input": given, "webhook": url}
    return asker(sandbox, "hedra").post("/models/hedra-avatar", json=body).json()["job_id"]


def order_heygen(sandbox, files, url):
    body = {
        **{name: {"type": "url", "url": files[name]} for name in ("video", "audio")},
        "callback_url": url,
        "callback_id": "mine",
    }
    ask = asker(sandbox, "heygen", "X-Api-Key", "")
    return ask.post("/v3/lipsyncs", json=body).json()["data"]["lipsync_id"]


def hmac_hex(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest()


def is_signed_sync(sandbox, heard):
    at, made = heard.headers["Sync-Signature"].split(",")
    return made == "v1=" + hmac_hex(SECRET.encode(), at[2:].encode(), b".", heard.body)


def is_signed_wavespeed(sandbox, heard):
    secret = asker(sandbox, "wavespeed").get("/api/v3/webhook/secret").json()["data"]["secret"]
    head = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode()
    made = hmac_hex(secret.removeprefix("whsec_").encode(), head, heard.body)
    return heard.headers["webhook-signature"] == f"v3,{made}"


def is_signed_replicate(sandbox, heard):
    secret = asker(sandbox, "replicate").get("/webhooks/default/secret").json()["key"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.".encode()
    made = hmac.new(key, head + heard.body, hashlib.sha256).digest()
    given = heard.headers["webhook-signature"].split()
    return f"v1,{base64.b64encode(made).decode()}" in given


def is_signed_fal(sandbox, heard):
    found = asker(sandbox, "fal-storage").get("/.well-known/jwks.json").json()["keys"][0]["x"]
    names = ("Request-Id", "User-Id", "Timestamp")
    lines = [heard.headers[f"X-Fal-Webhook-{name}"] for name in names]
    lines.append(hashlib.sha256(heard.body).hexdigest())
    signature = bytes.fromhex(heard.headers["X-Fal-Webhook-Signature"])
    return _fits(base64.urlsafe_b64decode(found + "="), signature, "\n".join(lines).encode())


def is_signed_hedra(sandbox, heard):
    key = asker(sandbox, "hedra").get("/webhooks/public-key").json()["public_key"]
    signature = base64.b64decode(heard.headers["X-Hedra-Signature"])
    return _fits(base64.b64decode(key), signature, heard.body)


def is_signed_heygen(sandbox, heard):
    return heard.headers["Heygen-Signature"] == hmac_hex(SECRET.encode(), heard.body)


def _fits(key, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


VENDORS = {
    "sync": (order_sync, is_signed_sync),
    "wavespeed": (order_wavespeed, is_signed_wavespeed),
    "fal": (order_fal, is_signed_fal),
    "replicate": (order_replicate, is_signed_replicate),
    "hedra": (order_hedra, is_signed_hedra),
    "heygen": (order_heygen, is_signed_heygen),
}


@pytest.fixture(params=list(VENDORS))
def vendor(request):
    return request.param


def test_the_end_is_told_and_signed(at_once, ear, files, vendor):
    order, is_signed = VENDORS[vendor]
    id = order(at_once, files, ear.url)
    told = ear.wait(2 if vendor == "replicate" else 1)[-1]
    assert id.encode() in told.body
    assert any(word in told.body for word in (b"COMPLETED", b"completed", b"OK", b"succe"))
    assert is_signed(at_once, told)


def test_a_wrong_signature_does_not_fit(at_once, ear, files, vendor):
    at_once.set_rule(f"{vendor}.webhooks", "wrong")
    order, is_signed = VENDORS[vendor]
    order(at_once, files, ear.url)
    assert not is_signed(at_once, ear.wait(1)[0])


def test_messages_come_twice_and_for_strange_jobs(at_once, ear, files):
    at_once.set_rule("sync.webhooks", "unknown twice")
    id = order_sync(at_once, files, ear.url)
    first, second, third = (one.json() for one in ear.wait(3))
    assert first["id"] != id
    assert second == third
    assert second["id"] == id


def test_messages_come_in_the_wrong_order(at_once, ear, files):
    at_once.set_rule("replicate.webhooks", "reversed")
    order_replicate(at_once, files, ear.url)
    assert [one.json()["status"] for one in ear.wait(2)] == ["succeeded", "processing"]


def test_a_stale_message_is_signed_for_its_time(at_once, ear, files):
    at_once.set_rule("fal.webhooks", "stale")
    order_fal(at_once, files, ear.url)
    told = ear.wait(1)[0]
    assert is_signed_fal(at_once, told)
    assert at_once.time() - int(told.headers["X-Fal-Webhook-Timestamp"]) > 3500


def test_a_failure_is_told_too(at_once, ear, files):
    at_once.set_rule("fal.outcome", "refuse")
    order_fal(at_once, files, ear.url)
    told = ear.wait(1)[0].json()
    assert told["status"] == "ERROR"
    assert told["payload"]["detail"][0]["type"] == "content_policy_violation"


def test_heygen_knocks_before_it_takes_an_endpoint(at_once, ear, files):
    ask = asker(at_once, "heygen", "X-Api-Key", "")
    dead = ask.post("/v3/webhooks/endpoints", json={"url": "http://127.0.0.1:9/x", "events": []})
    assert dead.status_code == 400
    made = ask.post("/v3/webhooks/endpoints", json={"url": ear.url, "events": []})
    secret = made.json()["data"]["secret"]
    assert [one.method for one in ear.heard] == ["OPTIONS"]
    body = {
        "type": "image",
        "image": {"type": "url", "url": files["image"]},
        "audio_url": files["audio"],
    }
    id = ask.post("/v3/videos", json=body).json()["data"]["video_id"]
    told = ear.wait(1)[0]
    assert told.json()["event_type"] == "avatar_video.success"
    assert told.json()["event_data"]["video_id"] == id
    assert told.headers["Heygen-Signature"] == hmac_hex(secret.encode(), told.body)


def test_a_job_nobody_looks_at_is_made_all_the_same(at_once, ear, files):
    id = order_sync(at_once, files, ear.url)
    told = ear.wait(1)[0].json()
    assert (told["id"], told["status"]) == (id, "COMPLETED")
    assert told["outputUrl"].startswith(at_once.url)
