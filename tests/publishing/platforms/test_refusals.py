"""What the platforms' refusals mean: the error tables of their documentation, row by row."""

import json

import pytest

from publishing.platforms.atproto import refusal as atproto_refusal
from publishing.platforms.base import Connection
from publishing.platforms.errors import (
    AccountBlocked,
    AuthExpired,
    Duplicate,
    HandleExpired,
    NotReady,
    NotSent,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TokenStale,
    Transient,
)
from publishing.platforms.http import Caller, Reply
from publishing.platforms.linkedin_api import Api
from publishing.platforms.mastodon import MastodonPlatform
from publishing.platforms.x import XPlatform
from publishing.platforms.youtube_channel import Channel
from publishing.platforms.youtube_rules import ended


def reply(status, body, *, commit=False, **headers):
    text = json.dumps(body) if body is not None else ""
    return Reply(status, headers, text, body if body is not None else {}, is_commit=commit)


def google(reason, status):
    return status, {"error": {"code": status, "errors": [{"reason": reason}]}}


YOUTUBE = [
    (*google("uploadLimitExceeded", 400), QuotaExhausted),
    *(
        (*google(reason, 400), Rejected)
        for reason in (
            *("invalidTitle", "invalidDescription", "invalidTags", "invalidCategoryId"),
            *("invalidPublishAt", "invalidVideoMetadata", "invalidFilename"),
            *("mediaBodyRequired", "defaultLanguageNotSet", "imageFormatUnsupported"),
            "somethingNew",
        )
    ),
    (*google("authError", 401), TokenStale),
    (*google("youtubeSignupRequired", 401), AuthExpired),
    (*google("quotaExceeded", 403), QuotaExhausted),
    (*google("rateLimitExceeded", 403), RateLimited),
    (*google("userRateLimitExceeded", 403), RateLimited),
    (*google("rateLimitExceeded", 429), RateLimited),
    (*google("forbidden", 403), AuthExpired),
    (*google("insufficientPermissions", 403), AuthExpired),
    (*google("commentsDisabled", 403), Rejected),
    (*google("videoNotFound", 404), HandleExpired),
    (*google("backendError", 503), Transient),
    (500, None, Transient),
    (429, None, RateLimited),
    (302, None, Transient),
]
LINKEDIN = [
    *((401, {"serviceErrorCode": code}, AuthExpired) for code in (65600, 65601, 65602)),
    (401, {}, AuthExpired),
    (403, {"code": "ACCESS_DENIED"}, AuthExpired),
    (422, {"errorDetails": {"inputErrors": [{"code": "TOO_LONG"}]}}, Rejected),
    (422, {"errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]}}, Duplicate),
    (426, {"code": "NONEXISTENT_VERSION"}, NotSent),
    (429, {"serviceErrorCode": 101}, RateLimited),
    (404, {}, HandleExpired),
    (500, {}, Transient),
]
PROBLEM = "https://api.x.com/2/problems/"
X = [
    (400, {"type": f"{PROBLEM}invalid-request"}, Rejected),
    (403, {"type": f"{PROBLEM}not-authorized-for-resource"}, AuthExpired),
    (404, {"type": f"{PROBLEM}resource-not-found"}, HandleExpired),
    (429, {"type": f"{PROBLEM}usage-capped"}, QuotaExhausted),
    (429, {"type": "about:blank"}, RateLimited),
    (403, {"type": f"{PROBLEM}usage-capped"}, QuotaExhausted),
    (402, {"title": "CreditsDepleted"}, QuotaExhausted),
    (401, {"title": "Unauthorized", "type": "about:blank"}, TokenStale),
    (
        403,
        {"detail": "You are not allowed to create a Tweet with duplicate content."},
        Duplicate,
    ),
    (403, {"errors": [{"message": "Status is a duplicate."}]}, Duplicate),
    (403, {"detail": "Your account is suspended."}, AccountBlocked),
    (403, {"detail": "This user is not allowed to post a video longer than 2 min."}, Rejected),
    (403, {"detail": "You are not permitted to perform this action."}, AuthExpired),
    (403, {"detail": "You have been blocked by the author."}, AuthExpired),
    (400, {"errors": [{"message": "Your post is too long.", "parameters": {}}]}, Rejected),
    (503, {}, Transient),
]
BLUESKY = [
    (400, {"error": "ExpiredToken"}, TokenStale),
    (400, {"error": "InvalidToken"}, AuthExpired),
    (401, {"error": "AuthenticationRequired"}, AuthExpired),
    (401, {"error": "AccountTakedown"}, AccountBlocked),
    (401, {"error": "AuthFactorTokenRequired"}, AuthExpired),
    (401, {"error": "SomethingNew"}, AuthExpired),
    (429, {"error": "RateLimitExceeded"}, RateLimited),
    (400, {"error": "BlobNotFound"}, HandleExpired),
    (401, {"error": "JwtExpired"}, Transient),
    (400, {"error": "InvalidRequest"}, Rejected),
    (502, {"error": "UpstreamFailure"}, Transient),
]
MASTODON = [
    (401, {"error": "The access token is invalid"}, AuthExpired),
    (403, {"error": "Your login is currently disabled"}, AccountBlocked),
    (404, {"error": "Record not found"}, HandleExpired),
    (422, {"error": "Validation failed"}, Rejected),
    (422, {"error": "Cannot attach files that have not finished processing."}, NotReady),
    (429, {"error": "Too many requests"}, RateLimited),
    (503, {"error": "Service Unavailable"}, Transient),
]
NOBODY = Connection("1", access_token="t", server="https://example.social")
READERS = {
    "youtube": lambda answer: Channel(NOBODY, "YouTube").refusal(answer),
    "linkedin": lambda answer: Api("t").refusal(answer),
    "x": lambda answer: XPlatform(NOBODY)._refusal(answer),
    "bluesky": lambda answer: atproto_refusal(Caller("Bluesky"), answer),
    "mastodon": lambda answer: MastodonPlatform(NOBODY)._refusal(answer),
}
TABLES = {
    "youtube": YOUTUBE,
    "linkedin": LINKEDIN,
    "x": X,
    "bluesky": BLUESKY,
    "mastodon": MASTODON,
}
ROWS = [(name, *row) for name, table in TABLES.items() for row in table]


@pytest.mark.parametrize(("name", "status", "body", "kind"), ROWS)
def test_a_refusal_has_one_meaning(name, status, body, kind):
    read = READERS[name]
    assert type(read(reply(status, body))) is kind
    # The same while publishing; what is only transient then leaves it open.
    publishing = type(read(reply(status, body, commit=True)))
    assert publishing is (OutcomeUnknown if kind is Transient else kind)


@pytest.mark.parametrize("name", READERS)
def test_a_refusal_says_nothing_secret(name):
    body = {"error": "x", "message": "token=secret-1", "access_token": "secret-2"}
    for status in (400, 401, 403, 422, 500):
        error = READERS[name](reply(status, body))
        assert "secret" not in f"{error} {error.reply}"


@pytest.mark.parametrize(
    ("status", "processing", "kind"),
    [
        *(
            ({"uploadStatus": "failed", "failureReason": reason}, "", Rejected)
            for reason in ("codec", "conversion", "emptyFile", "invalidFile", "tooSmall")
        ),
        ({"uploadStatus": "failed", "failureReason": "uploadAborted"}, "", HandleExpired),
        *(
            ({"uploadStatus": "rejected", "rejectionReason": reason}, "", Rejected)
            for reason in (
                *("claim", "copyright", "duplicate", "inappropriate", "legal", "length"),
                *("termsOfUse", "trademark", "somethingNew"),
            )
        ),
        *(
            ({"uploadStatus": "rejected", "rejectionReason": reason}, "", AccountBlocked)
            for reason in ("uploaderAccountClosed", "uploaderAccountSuspended")
        ),
        ({"uploadStatus": "deleted"}, "", HandleExpired),
        ({"uploadStatus": "uploaded"}, "failed", Rejected),
        ({"uploadStatus": "uploaded"}, "terminated", HandleExpired),
        ({"uploadStatus": "uploaded"}, "processing", None),
        ({"uploadStatus": "processed"}, "terminated", None),
    ],
)
def test_how_a_youtube_upload_can_end(status, processing, kind):
    found = ended({"status": status, "processingDetails": {"processingStatus": processing}})
    assert (found.kind if found else None) is kind
