"""What Instagram, Facebook and Threads share: tables of errors, signatures, uploads, counts."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import tracemalloc

import pytest

from publishing.platforms import errors, meta, meta_errors
from publishing.platforms.base import Text
from publishing.platforms.http import Reply
from publishing.platforms.instagram_facebook import InstagramFacebookPlatform
from publishing.platforms.meta import Graph, signed_request
from publishing.platforms.meta_login import _names, clean_code, flat
from tests.publishing.platforms.stages import connection_of, log_in

TEXT = Text("Words #one", title="Why?")


def answer(code=None, subcode=None, *, status=400, commit=False, headers=None, **more):
    error = {"message": "Words with the word internal in them", "code": code, **more}
    if subcode is not None:
        error["error_subcode"] = subcode
    body = {"error": error}
    return Reply(status, headers or {}, json.dumps(body), body, is_commit=commit)


def kind(*args, **more):
    return type(meta_errors.graph_error("Instagram", answer(*args, **more)))


# The rows of the sheet, section 1.9 and 2.3.
ROWS = [
    (-2, 2207003, errors.Transient),
    (-2, 2207020, errors.HandleExpired),
    (-1, 2207001, errors.Transient),
    (-1, 2207032, errors.Transient),
    (-1, 2207053, errors.HandleExpired),
    (1, 2207057, errors.Rejected),
    (4, 2207051, errors.AccountBlocked),
    (9, 2207042, errors.QuotaExhausted),
    (24, 2207006, errors.HandleExpired),
    (24, 2207008, errors.HandleExpired),
    (25, 2207050, errors.AccountBlocked),
    (100, 2207023, errors.Rejected),
    (100, 2207028, errors.Rejected),
    (352, 2207026, errors.Rejected),
    (9004, 2207052, errors.Rejected),
    (9007, 2207027, errors.NotReady),
    (36000, 2207004, errors.Rejected),
    (36001, 2207005, errors.Rejected),
    (36003, 2207009, errors.Rejected),
    (36004, 2207010, errors.Rejected),
    (100, 2207081, errors.Rejected),
    (-1, 2207082, errors.Transient),
    (-1, 2207077, errors.Transient),
    (-1, 2207085, errors.Rejected),
    *((190, sub, errors.AuthExpired) for sub in (463, 467, 460, 458, 459, 464, None)),
    *((code, None, errors.AuthExpired) for code in (10, 200, 299, 490)),
    (100, 33, errors.HandleExpired),
    *((code, None, errors.Transient) for code in (1, 2)),
    *((code, None, errors.RateLimited) for code in (4, 17, 32, 613, 80002)),
    (368, None, errors.AccountBlocked),
    (100, None, errors.Rejected),
    *((code, None, errors.Rejected) for code in (1363040, 1363127, 1363128, 1363129, 2069019)),
    *((code, None, errors.Transient) for code in (1363047, 1609010)),
    (1390008, None, errors.RateLimited),
    *((code, None, errors.Rejected) for code in (1346003, 1404102)),
    *((code, None, errors.AccountBlocked) for code in (1404078, 1404112, 4854002)),
    (4279013, None, errors.AccountBlocked),
]


@pytest.mark.parametrize(("code", "subcode", "wanted"), ROWS)
def test_the_numbers_decide(code, subcode, wanted):
    assert kind(code, subcode) is wanted
    assert kind(str(code), subcode) is wanted  # numbers come as text, too


@pytest.mark.parametrize("subcode", [1363040, 2069019])
def test_page_numbers_count_as_subcodes_too(subcode):
    assert kind(100, subcode) is errors.Rejected


def test_a_subcode_goes_before_its_code():
    assert kind(4, 2207051) is errors.AccountBlocked
    assert kind(4, 99) is errors.RateLimited


def test_an_unknown_number_is_a_refusal_unless_it_says_that_it_passes():
    assert kind(77777) is errors.Rejected
    assert kind(77777, is_transient=True) is errors.Transient
    error = meta_errors.graph_error("Instagram", answer(77777, error_user_msg="A {brace} here"))
    assert "A {brace} here" in str(error)


@pytest.mark.parametrize(("code", "subcode"), [(1, None), (2, None), (-1, 2207001), (-2, 2207003)])
def test_what_is_transient_leaves_a_commit_open(code, subcode):
    assert kind(code, subcode, commit=True) is errors.OutcomeUnknown


@pytest.mark.parametrize(
    ("code", "subcode"), [(4, None), (9007, 2207027), (190, 463), (352, None)]
)
def test_what_is_refused_proves_a_commit_absent(code, subcode):
    assert meta_errors.graph_error("I", answer(code, subcode, commit=True)).proves_absent


def test_no_json_says_nothing():
    page = Reply(403, {}, "<html>", None, is_commit=True)
    assert type(meta_errors.graph_error("Instagram", page)) is errors.OutcomeUnknown


def test_a_permission_that_an_account_can_do_without_ends_nothing():
    error = meta_errors.graph_error("Instagram", answer(10), optional=True)
    assert type(error) is errors.Unsupported
    error = meta_errors.graph_error("Instagram", answer(190, 463), optional=True)
    assert type(error) is errors.AuthExpired


def usage(percent, minutes=0):
    inner = {"call_count": 3, "total_cputime": percent, "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({"1784": [inner]})}


def test_the_used_allowance_is_the_largest_of_all():
    reply = Reply(200, usage(81) | {"X-App-Usage": '{"call_count": 90}'}, "{}", {})
    assert meta_errors.strain(reply) == 90
    assert meta_errors.strain(Reply(200, {"X-App-Usage": "not json"}, "{}", {})) == 0


def test_a_limit_lasts_as_long_as_the_header_says():
    error = meta_errors.graph_error("Instagram", answer(4, headers=usage(100, 30)))
    now = dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=29) < error.until - now < dt.timedelta(minutes=32)
    error = meta_errors.graph_error("Instagram", answer(4, status=429, headers=usage(100, 30)))
    assert dt.timedelta(minutes=29) < error.until - now < dt.timedelta(minutes=32)


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("Error: Media upload has failed with error code 2207026", errors.Rejected),
        ("Error: 2207082", errors.HandleExpired),
        ("Error: 2207077", errors.HandleExpired),
        ("Error: 2207051", errors.AccountBlocked),
        ("Error: something new", errors.HandleExpired),
        ("", errors.HandleExpired),
    ],
)
def test_a_container_that_failed_is_spent(status, wanted):
    assert type(meta_errors.status_error("Instagram", status)) is wanted


@pytest.mark.parametrize("message", sorted(meta_errors.THREADS_MESSAGES))
def test_threads_says_in_words_what_was_wrong(message):
    wanted = errors.HandleExpired if message == "UNKNOWN" else errors.Rejected
    assert type(meta_errors.threads_error("Threads", message)) is wanted


@pytest.mark.parametrize(
    "body",
    [
        {"status": {"uploading_phase": {"bytes_transfered": 50002}}},  # sic
        {"video_status": {"uploading_phase": {"bytes_transferred": 50002}}},
        {"video_status": {"uploading_phase": {"bytes_transferred": "50002"}}},
    ],
)
def test_how_much_has_arrived_in_both_spellings(body):
    assert meta.bytes_there(Reply(200, {}, "", body)) == 50002


@pytest.mark.parametrize("body", [{}, {"status": "x"}, {"status": {"uploading_phase": {}}}])
def test_nothing_has_arrived_where_nothing_is_said(body):
    assert meta.bytes_there(Reply(200, {}, "", body)) == 0


# Signatures


def signed(payload, secret="secret"):
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    digest = hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") + "." + encoded


def test_a_signed_request_is_read():
    payload = {"user_id": "77", "algorithm": "HMAC-SHA256"}
    assert signed_request("secret", signed(payload)) == payload


@pytest.mark.parametrize(
    "given",
    [
        signed({"user_id": "77"}, "another secret"),
        signed({"user_id": "77"}).replace(".", ".e30"),
        signed({"user_id": "77", "algorithm": "none"}),
        signed(["77"]),
        "",
        "no dot",
        "a.b",
        "é.é",
    ],
)
def test_a_request_that_is_not_signed_is_refused(given):
    with pytest.raises(ValueError, match=r"."):
        signed_request("secret", given)


def test_without_a_secret_nothing_is_signed():
    with pytest.raises(ValueError, match="not right"):
        signed_request("", signed({"user_id": "77"}, ""))


def test_the_proof_is_the_tokens_hmac():
    wanted = hmac.new(b"secret", b"token", hashlib.sha256).hexdigest()
    assert meta.appsecret_proof("secret", "token") == wanted


# Over real sockets


@pytest.fixture
def connection(sandbox):
    return connection_of(log_in("instagram_facebook")[0])


@pytest.mark.enable_socket
def test_facebook_can_demand_the_proof(connection, sandbox):
    sandbox.set_rule("facebook.require_appsecret_proof", True)
    assert InstagramFacebookPlatform(connection).whoami().username == "mira.demo"
    with pytest.raises(errors.Rejected):
        Graph("Facebook", "FACEBOOK_GRAPH_URL", connection.access_token).get(
            connection.external_id, fields="id"
        )


@pytest.mark.enable_socket
def test_an_unknown_metric_costs_only_itself(connection, sandbox, media):
    client = InstagramFacebookPlatform(connection)
    handle = client.prepare("k1", media, TEXT)
    for _ in range(4):
        try:
            handle = client.check(handle)
        except errors.NotReady:
            continue
    live = client.commit("k1", handle)
    found = client.graph.counts(
        f"{live.external_id}/insights", [("views", "plays", "likes"), ("impressions",)]
    )
    assert set(found) == {"views", "likes"}


@pytest.mark.enable_socket
def test_an_upload_goes_on_where_it_broke_off(connection, sandbox, media):
    sandbox.fault("close_after", path="ig-api-upload")
    sandbox.fault("status", status=503, path="ig-api-upload", skip=1)
    client = InstagramFacebookPlatform(connection)
    handle = client.prepare("k1", media, TEXT)
    stored = sandbox.of("facebook").upload_path(handle["container"])
    assert stored.read_bytes() == media.video.read_bytes()


@pytest.mark.enable_socket
def test_a_token_that_dies_during_the_upload_must_be_renewed_by_the_creator(
    connection, sandbox, media
):
    sandbox.fault("revoke_token", path="ig-api-upload")
    with pytest.raises(errors.AuthExpired):
        InstagramFacebookPlatform(connection).prepare("k1", media, TEXT)


@pytest.mark.enable_socket
def test_a_large_upload_leaves_memory_alone(connection, sandbox, media, tmp_path):
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(100 * 10**6)
    client = InstagramFacebookPlatform(connection)
    sandbox.set_rule("instagram.strict_media", False)
    made = client.graph.post(
        f"{client.me}/media", {"media_type": "REELS", "upload_type": "resumable"}
    )
    tracemalloc.start()
    client.graph.upload(made.need("uri"), large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 10**6


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": "t", "user_id": 7, "permissions": ["a", "b"]},
        {"data": [{"access_token": "t", "user_id": "7", "permissions": "a,b"}]},
    ],
)
def test_both_shapes_of_a_token_answer(body):
    found = flat(Reply(200, {}, "", body))
    assert found["access_token"] == "t"
    assert _names(found["permissions"]) == ("a", "b")


@pytest.mark.parametrize("body", [None, [], {"data": []}, "x"])
def test_an_answer_without_a_token_has_none(body):
    assert flat(Reply(200, {}, "", body)).get("access_token") is None


def test_what_meta_hangs_behind_a_code_is_taken_off():
    assert clean_code("AQB1_#_") == "AQB1_"
    assert clean_code("AQB1") == "AQB1"
