"""LinkedIn as the sandbox plays it, over real sockets."""

from urllib.parse import quote

import pytest
import requests

from studio.sandbox import identity
from studio.sandbox.platforms.linkedin_text import kept, shown
from studio.sandbox.state import sha256_of
from tests.publishing.films import write_film
from tests.studio.sandbox.walking import APP, BACK, allow

pytestmark = pytest.mark.enable_socket
MIRA, PAGE = "urn:li:person:mira0001", "urn:li:organization:5001"
SCOPES = [
    "openid", "profile", "email", "w_member_social",
    "w_organization_social", "r_organization_social", "rw_organization_admin",
]  # fmt: skip
HEADERS = {"LinkedIn-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}


class LinkedIn:
    def __init__(self, sandbox):
        self.sandbox, self.url = sandbox, f"{sandbox.url}/linkedin"
        self.seen = sandbox.of("linkedin")
        self.token = identity.issue_token(self.seen, MIRA, scopes=SCOPES)

    def call(self, path, *, method="GET", headers=HEADERS, **more):
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=10, **more)

    def action(self, name, **request):
        body = {f"{name}Request": request}
        return self.call(f"/rest/videos?action={name}", method="POST", json=body)

    def initialize(self, size, owner=MIRA):
        return self.action("initializeUpload", owner=owner, fileSizeBytes=size,
                           uploadCaptions=False, uploadThumbnail=False)  # fmt: skip

    def finalize(self, video, ids):
        return self.action("finalizeUpload", video=video, uploadToken="", uploadedPartIds=ids)

    def status(self, video):
        return self.call(f"/rest/videos/{quote(video, safe='')}").json()

    def upload(self, film, owner=MIRA):
        """A video that is there to be posted."""
        value = self.initialize(film.stat().st_size, owner).json()["value"]
        ids = send(film, value["uploadInstructions"])
        assert self.finalize(value["video"], ids).status_code == 200
        states = [self.status(value["video"])["status"] for _ in range(2)]
        assert states == ["PROCESSING", "AVAILABLE"]
        return value["video"]

    def post(self, commentary, *, author=MIRA, video=None, **more):
        body = {
            "author": author,
            "commentary": commentary,
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [],
                             "thirdPartyDistributionChannels": []},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }  # fmt: skip
        if video:
            body["content"] = {"media": {"id": video, "title": "A reel"}}
        return self.call("/rest/posts", method="POST", json={**body, **more})


@pytest.fixture
def linkedin(sandbox):
    return LinkedIn(sandbox)


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "film.mp4", payload=bytes(80_000))


def send(film, instructions):
    data, ids = film.read_bytes(), []
    for one in instructions:
        part = data[one["firstByte"] : one["lastByte"] + 1]
        ids.append(requests.put(one["uploadUrl"], data=part, timeout=10).headers["ETag"])
    return ids


def test_a_post_answers_with_nothing_but_its_name(linkedin, film):
    said = linkedin.post("Hello \\(you\\) #ai", video=linkedin.upload(film))
    assert (said.status_code, said.content) == (201, b"")
    urn = said.headers["x-restli-id"]
    (post,) = linkedin.sandbox.posts("linkedin")
    assert (post["post_id"], post["text"]) == (urn, "Hello (you) #ai")
    assert post["media_sha256"] == sha256_of(film)


def test_parts_have_their_own_addresses_and_go_in_order(linkedin, tmp_path):
    film = write_film(tmp_path / "long.mp4", payload=bytes(range(256)) * 20_000)
    value = linkedin.initialize(film.stat().st_size).json()["value"]
    spans = [(one["firstByte"], one["lastByte"]) for one in value["uploadInstructions"]]
    assert spans == [(0, 4194303), (4194304, film.stat().st_size - 1)]
    ids = send(film, value["uploadInstructions"])
    assert linkedin.finalize(value["video"], ids[::-1]).status_code == 200  # it says nothing
    assert linkedin.status(value["video"])["status"] == "PROCESSING_FAILED"
    value = linkedin.initialize(film.stat().st_size).json()["value"]
    first = value["uploadInstructions"][0]["uploadUrl"]
    wrong = requests.put(first, data=film.read_bytes(), timeout=10).headers["ETag"]
    linkedin.finalize(value["video"], [wrong])
    assert "part is missing" in linkedin.status(value["video"])["processingFailureReason"]
    assert linkedin.upload(film)


def test_upload_addresses_run_out(linkedin, film):
    value = linkedin.initialize(film.stat().st_size).json()["value"]
    (one,) = value["uploadInstructions"]
    linkedin.sandbox.advance(86401)
    assert requests.put(one["uploadUrl"], data=b"x", timeout=5).status_code == 403
    assert linkedin.initialize(70_000).status_code == 400  # smaller than it takes


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X-Restli-Protocol-Version": "2.0.0"}, 400, "VERSION_MISSING"),
        ({**HEADERS, "LinkedIn-Version": "202510"}, 426, "NONEXISTENT_VERSION"),
        ({**HEADERS, "LinkedIn-Version": "209901"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn-Version": "202609"}, 400, "ILLEGAL_ARGUMENT"),
    ],
)
def test_versions_are_named_and_alive(linkedin, headers, status, code):
    said = linkedin.call("/rest/organizationAcls?q=roleAssignee", headers=headers)
    assert (said.status_code, said.json()["code"]) == (status, code)


def test_the_same_words_again_name_the_post_that_has_them(linkedin):
    urn = linkedin.post("Twice").headers["x-restli-id"]
    again = linkedin.post("Twice")
    assert again.status_code == 422
    assert again.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    assert again.json()["message"].endswith(f"Content is a duplicate of {urn}")
    assert linkedin.call(f"/rest/posts/{quote(urn, safe='')}", method="DELETE").status_code == 204
    assert linkedin.sandbox.posts("linkedin") == []
    assert urn in linkedin.post("Twice").json()["message"]  # a ghost
    linkedin.sandbox.advance(25 * 3600)
    assert linkedin.post("Twice").status_code == 201


@pytest.mark.parametrize(
    ("commentary", "seen"),
    [
        ("plain #tag", "plain #tag"),
        ("cut (here)", "cut "),
        (r"kept \(here\)", "kept (here)"),
        (r"a \* b \_ c \~ d \< e \> f \| g \\ h", r"a * b _ c ~ d < e > f | g \ h"),
        ("snake_case", "snake"),
        ("#two_words", "#two_words"),
        ("# alone", ""),
        (r"\# alone", "# alone"),
        (r"{hashtag|\#|ai} on", "#ai on"),
        ("@[Mira](urn:li:person:mira0001)!", "Mira!"),
        ("mail@example.com", "mail"),
        ("ends with \\", "ends with "),
        (r"\n", ""),
    ],
)
def test_reserved_characters_cut_the_text(commentary, seen):
    assert shown(commentary) == seen
    assert shown(kept(commentary)) == seen


def test_a_cut_text_is_answered_like_any_other(linkedin):
    assert linkedin.post("half (of it)").status_code == 201
    assert linkedin.sandbox.posts("linkedin")[0]["text"] == "half "
    assert linkedin.post("x" * 3001).status_code == 422
    assert linkedin.post("x", visibility="ALL").status_code == 422


def test_only_available_videos_of_the_author_are_posted(linkedin, film):
    value = linkedin.initialize(film.stat().st_size).json()["value"]
    early = linkedin.post("Early", video=value["video"])
    assert early.json()["errorDetails"]["inputErrors"][0]["code"] == "MEDIA_ASSET_NOT_AVAILABLE"
    video = linkedin.upload(film)
    assert linkedin.post("Theirs", author=PAGE, video=video).status_code == 422
    assert linkedin.post("Theirs", author="urn:li:person:otto0002").status_code == 403


def test_members_cannot_read_and_organizations_can(linkedin):
    urn = linkedin.post("From the page", author=PAGE).headers["x-restli-id"]
    linkedin.post("From me")
    path = "/rest/posts?q=author&count=10&sortBy=LAST_MODIFIED&author="
    (found,) = linkedin.call(path + quote(PAGE, safe="")).json()["elements"]
    assert (found["id"], found["commentary"]) == (urn, "From the page")
    refused = linkedin.call(path + quote(MIRA, safe=""))
    assert (refused.status_code, refused.json()["code"]) == (403, "ACCESS_DENIED")
    linkedin.sandbox.advance(7200)
    path = "/rest/organizationalEntityShareStatistics?q=organizationalEntity"
    path += f"&organizationalEntity={quote(PAGE, safe='')}&shares=List({quote(urn, safe='')})"
    (numbers,) = linkedin.call(path).json()["elements"]
    assert numbers["totalShareStatistics"]["impressionCount"] > 0
    acls = linkedin.call("/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR").json()
    assert acls["elements"][0]["organization"] == PAGE


def test_comments(linkedin):
    urn = quote(linkedin.post("Post").headers["x-restli-id"], safe="")
    body = {"actor": MIRA, "message": {"text": "First!"}}
    said = linkedin.call(f"/rest/socialActions/{urn}/comments", method="POST", json=body)
    assert (said.status_code, said.json()["id"]) == (201, said.headers["x-restli-id"])
    assert linkedin.seen.find("reply")[0]["text"] == "First!"


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("unknown", 65600),
        ("revoked", 65601),
        ("expired", 65602),
    ],
)
def test_dead_tokens_have_numbers(linkedin, what, code):
    if what == "unknown":
        linkedin.token = "nothing"
    elif what == "revoked":
        identity.revoke(linkedin.seen, linkedin.token)
    else:
        linkedin.token = identity.issue_token(linkedin.seen, MIRA, scopes=SCOPES, expires_s=-1)
    said = linkedin.call("/v2/userinfo")
    assert (said.status_code, said.json()["serviceErrorCode"]) == (401, code)


def test_members_have_so_many_calls_a_day(linkedin):
    linkedin.sandbox.set_rule("linkedin.member_calls_a_day", 1)
    assert linkedin.post("One").ok
    held = linkedin.post("Two")
    assert (held.status_code, held.json()["serviceErrorCode"]) == (429, 101)


def test_a_login_brings_sixty_days_and_no_refresh_token(linkedin):
    def login():
        said = allow(
            f"{linkedin.url}/oauth/v2/authorization",
            MIRA,
            client_id="sandbox-app",
            scope="openid profile w_member_social",
        )
        form = {"grant_type": "authorization_code", "code": said["code"], "redirect_uri": BACK}
        url = f"{linkedin.url}/oauth/v2/accessToken"
        return requests.post(url, data={**APP, **form}, timeout=5)

    first = login().json()
    assert set(first) == {"access_token", "expires_in", "scope", "token_type"}
    assert first["expires_in"] == 5_184_000
    linkedin.token = first["access_token"]
    who = linkedin.call("/v2/userinfo").json()
    assert (who["sub"], who["name"]) == ("mira0001", "Mira")
    linkedin.sandbox.set_rule("linkedin.refresh_tokens", True)
    second = login().json()
    again = {**APP, "grant_type": "refresh_token", "refresh_token": second["refresh_token"]}
    linkedin.sandbox.advance(86400)
    third = requests.post(f"{linkedin.url}/oauth/v2/accessToken", data=again, timeout=5).json()
    assert third["refresh_token"] == second["refresh_token"]
    assert third["refresh_token_expires_in"] < second["refresh_token_expires_in"]
    linkedin.sandbox.set_rule("linkedin.code_ttl_s", -1)
    assert login().status_code == 400
