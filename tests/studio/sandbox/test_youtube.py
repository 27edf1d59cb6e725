"""YouTube as the sandbox plays it, over real sockets."""

import datetime as dt

import pytest
import requests

from studio.sandbox import identity
from studio.sandbox.state import sha256_of
from tests.publishing.films import write_film
from tests.studio.sandbox.walking import APP, BACK, allow

pytestmark = pytest.mark.enable_socket
MIRA = "UCsandboxmira00000000001"
GOOGLE = "https://www.googleapis.com/auth/"
SCOPES = [
    *(GOOGLE + one for one in ("youtube.upload", "youtube.readonly", "youtube.force-ssl")),
    GOOGLE + "yt-analytics.readonly",
]
VIDEO = {
    "snippet": {"title": "Hello", "description": "All of it. #ai", "categoryId": "22"},
    "status": {"privacyStatus": "private", "containsSyntheticMedia": True},
}
PIECE = 256 * 1024


class YouTube:
    def __init__(self, sandbox):
        self.sandbox, self.url = sandbox, f"{sandbox.url}/youtube"
        self.seen = sandbox.of("youtube")
        self.token = identity.issue_token(self.seen, MIRA, scopes=SCOPES)

    def call(self, path, *, method="GET", **more):
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return requests.request(method, f"{self.url}{path}", headers=headers, timeout=10, **more)

    def begin(self, size, video=VIDEO, part="snippet,status"):
        return self.call(
            f"/upload/youtube/v3/videos?uploadType=resumable&part={part}",
            method="POST",
            json=video,
            headers={
                "X-Upload-Content-Length": str(size),
                "X-Upload-Content-Type": "video/mp4",
                "Content-Type": "application/json; charset=UTF-8",
            },
        )

    def upload(self, film, **more):
        """The video resource."""
        begun = self.begin(film.stat().st_size, **more)
        assert begun.status_code == 200, begun.text
        sent = requests.put(begun.headers["Location"], data=film.read_bytes(), timeout=10)
        assert sent.status_code == 200
        return sent.json()

    def video(self, id, parts="status,snippet,processingDetails,statistics"):
        (found,) = self.call(f"/youtube/v3/videos?part={parts}&id={id}").json()["items"]
        return found

    def update(self, id, **status):
        return self.call(
            "/youtube/v3/videos?part=status", method="PUT", json={"id": id, "status": status}
        )


@pytest.fixture
def youtube(sandbox):
    return YouTube(sandbox)


def reason(answer):
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def put(url, data, first, total):
    span = f"bytes {first}-{first + len(data) - 1}/{total}" if data else f"bytes */{total}"
    return requests.put(
        url,
        data=data,
        headers={"Content-Range": span, "Content-Length": str(len(data))},
        timeout=10,
    )


def test_a_video_exists_with_its_last_byte_and_pieces_are_whole(youtube, tmp_path):
    film = write_film(tmp_path / "film.mp4", payload=bytes(2 * PIECE))
    data = film.read_bytes()
    url = youtube.begin(len(data)).headers["Location"]
    nothing = put(url, b"", 0, len(data))
    assert (nothing.status_code, nothing.headers.get("Range")) == (308, None)
    assert put(url, data[: PIECE + 1], 0, len(data)).status_code == 400
    first = put(url, data[:PIECE], 0, len(data))
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{PIECE - 1}")
    assert put(url, data[2 * PIECE :], 2 * PIECE, len(data)).status_code == 400  # a gap
    assert youtube.sandbox.posts("youtube", hidden=True) == []
    assert put(url, data[PIECE : 2 * PIECE], PIECE, len(data)).status_code == 308
    assert put(url, b"", 0, len(data)).headers["Range"] == f"bytes=0-{2 * PIECE - 1}"
    last = put(url, data[2 * PIECE :], 2 * PIECE, len(data))
    assert last.status_code == 200
    again = put(url, b"", 0, len(data))
    assert (again.status_code, again.json()["id"]) == (200, last.json()["id"])
    (post,) = youtube.sandbox.posts("youtube", hidden=True)
    assert (post["media_sha256"], post["visible_at"]) == (sha256_of(film), None)


def test_a_piece_that_breaks_off_is_kept_in_whole_units(youtube, tmp_path):
    film = write_film(tmp_path / "film.mp4", payload=bytes(6 * PIECE))
    data = film.read_bytes()
    url = youtube.begin(len(data)).headers["Location"]
    youtube.sandbox.fault("close_midway", platform="youtube", method="PUT")
    with pytest.raises(requests.ConnectionError):
        put(url, data, 0, len(data))
    kept = int(put(url, b"", 0, len(data)).headers["Range"].partition("-")[2]) + 1
    assert kept % PIECE == 0
    assert 0 < kept < len(data)
    assert put(url, data[kept:], kept, len(data)).status_code == 200
    assert youtube.sandbox.posts("youtube", hidden=True)[0]["media_sha256"] == sha256_of(film)


def test_a_session_runs_out(youtube, film):
    url = youtube.begin(film.stat().st_size).headers["Location"]
    assert put(url + "x", b"", 0, 1).status_code == 404
    youtube.sandbox.advance(8 * 86400)
    assert put(url, b"", 0, film.stat().st_size).status_code == 410


def test_an_update_makes_it_public_and_replaces_the_whole_part(youtube, film):
    id = youtube.upload(film)["id"]
    assert youtube.sandbox.posts("youtube") == []
    shown = youtube.update(id, privacyStatus="public", containsSyntheticMedia=True)
    assert shown.json()["status"]["privacyStatus"] == "public"
    (post,) = youtube.sandbox.posts("youtube")
    assert (post["text"], post["flags"]["title"], post["ai_label"]) == (
        "All of it. #ai", "Hello", True,
    )  # fmt: skip
    assert post["flags"]["permalink"] == f"https://www.youtube.com/shorts/{id}"
    youtube.update(id, privacyStatus="public")
    assert not youtube.sandbox.posts("youtube")[0]["ai_label"]
    assert reason(youtube.update(id, containsSyntheticMedia=True)) == (400, "invalidVideoMetadata")


def test_it_is_processed_by_and_by(youtube, film):
    id = youtube.upload(film)["id"]
    said = [youtube.video(id) for _ in range(2)]
    assert [one["status"]["uploadStatus"] for one in said] == ["uploaded", "processed"]
    assert said[1]["processingDetails"]["processingStatus"] == "succeeded"
    assert said[1]["statistics"]["viewCount"].isdigit()
    nothing = youtube.call("/youtube/v3/videos?part=status&id=nothing").json()["items"]
    assert nothing == []


def test_what_is_no_video_fails(youtube, tmp_path):
    odd = tmp_path / "odd.mp4"
    odd.write_bytes(b"no film")
    id = youtube.upload(odd)["id"]
    youtube.video(id)
    status = youtube.video(id)["status"]
    assert (status["uploadStatus"], status["failureReason"]) == ("failed", "invalidFile")
    youtube.update(id, privacyStatus="public")
    assert youtube.sandbox.posts("youtube") == []


def test_publish_at_needs_private_and_shows_it_when_its_time_comes(youtube, film):
    at = (youtube.sandbox.now() + dt.timedelta(hours=1)).isoformat()
    wrong = {**VIDEO, "status": {"privacyStatus": "public", "publishAt": at}}
    assert reason(youtube.begin(9, wrong)) == (400, "invalidPublishAt")
    id = youtube.upload(film, video={**VIDEO, "status": {**VIDEO["status"], "publishAt": at}})[
        "id"
    ]
    assert youtube.sandbox.posts("youtube") == []
    youtube.sandbox.advance(3601)
    assert youtube.sandbox.posts("youtube")[0]["ai_label"]
    assert youtube.video(id)["status"]["privacyStatus"] == "public"
    back = {"privacyStatus": "private", "publishAt": at}
    assert reason(youtube.update(id, **back)) == (400, "invalidPublishAt")


@pytest.mark.parametrize(
    ("snippet", "wanted"),
    [
        ({"title": "a < b"}, "invalidTitle"),
        ({"title": "x" * 101}, "invalidTitle"),
        ({"title": " "}, "invalidTitle"),
        ({"title": "ok", "description": "ü" * 2501}, "invalidDescription"),
        ({"title": "ok", "description": "see > there"}, "invalidDescription"),
        ({"title": "ok", "tags": ["x" * 250, "y" * 250]}, "invalidTags"),
        ({"title": "ok", "categoryId": "999"}, "invalidCategoryId"),
    ],
)
def test_words_it_does_not_take(youtube, snippet, wanted):
    assert reason(youtube.begin(9, {"snippet": snippet})) == (400, wanted)


def test_parts_that_are_not_named_are_ignored(youtube, film):
    video = youtube.upload(film, part="snippet")
    assert "status" not in video
    assert youtube.video(video["id"])["status"]["privacyStatus"] == "public"  # the default
    assert reason(youtube.begin(9, part="nonsense")) == (400, "unknownPart")


def test_an_unaudited_project_publishes_nothing(youtube, film):
    youtube.sandbox.set_rule("youtube.audited", False)
    video = youtube.upload(film, video={**VIDEO, "status": {"privacyStatus": "public"}})
    assert video["status"]["privacyStatus"] == "private"
    said = youtube.update(video["id"], privacyStatus="public").json()
    assert said["status"]["privacyStatus"] == "private"
    assert youtube.sandbox.posts("youtube") == []


def test_inserts_have_a_bucket_of_their_own_until_midnight_in_california(youtube):
    youtube.sandbox.set_rule("youtube.inserts_a_day", 1)
    assert youtube.begin(9).ok
    assert reason(youtube.begin(9)) == (403, "quotaExceeded")
    assert youtube.call("/youtube/v3/channels?part=id&mine=true").ok
    youtube.sandbox.set_rule("youtube.units_a_day", 1)
    assert reason(youtube.call("/youtube/v3/channels?part=id&mine=true")) == (
        403, "quotaExceeded",
    )  # fmt: skip
    youtube.sandbox.advance(86400)
    assert youtube.begin(9).ok


def test_uploads_are_listed_newest_first(youtube, film):
    first, second = youtube.upload(film)["id"], youtube.upload(film)["id"]
    channel = youtube.call("/youtube/v3/channels?part=snippet,contentDetails&mine=true").json()
    assert channel["items"][0]["snippet"]["customUrl"] == "@mira.demo"
    uploads = channel["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
    path = f"/youtube/v3/playlistItems?part=snippet&maxResults=10&playlistId={uploads}"
    items = youtube.call(path).json()["items"]
    ids = [one["snippet"]["resourceId"]["videoId"] for one in items]
    assert ids == [second, first]
    assert items[0]["snippet"]["title"] == "Hello"
    gone = youtube.call(f"/youtube/v3/videos?id={second}", method="DELETE")
    assert gone.status_code == 204
    assert len(youtube.call(path).json()["items"]) == 1


def test_thumbnails_and_comments(youtube, film):
    id = youtube.upload(film)["id"]
    path = f"/upload/youtube/v3/thumbnails/set?videoId={id}"
    assert reason(youtube.call(path, method="POST", data=b"GIF89a")) == (
        400, "imageFormatUnsupported",
    )  # fmt: skip
    picture = b"\xff\xd8\xff" + bytes(100)
    assert youtube.call(path, method="POST", data=picture).ok
    large = youtube.call(path, method="POST", data=picture + bytes(2**21))
    assert large.status_code == 413
    youtube.sandbox.set_rule("youtube.channel_verified", False)
    assert reason(youtube.call(path, method="POST", data=picture)) == (403, "forbidden")
    words = {"snippet": {"textOriginal": "First!"}}
    thread = {"snippet": {"videoId": id, "topLevelComment": words}}
    said = youtube.call("/youtube/v3/commentThreads?part=snippet", method="POST", json=thread)
    assert said.json()["id"]
    assert youtube.seen.find("reply")[0]["text"] == "First!"


def test_reports_are_days_late(youtube, film):
    video = {**VIDEO, "status": {"privacyStatus": "public"}}
    id = youtube.upload(film, video=video)["id"]
    today = youtube.sandbox.now().date().isoformat()
    path = f"/v2/reports?ids=channel==MINE&startDate={today}&endDate=2100-01-01"
    path += f"&metrics=views,likes&filters=video=={id}"
    assert youtube.call(path).json()["rows"] == []
    youtube.sandbox.advance(3 * 86400)
    (row,) = youtube.call(path).json()["rows"]
    assert row[0] > row[1]


def test_scopes_and_dead_tokens(youtube):
    youtube.token = identity.issue_token(youtube.seen, MIRA, scopes=[GOOGLE + "youtube.upload"])
    assert reason(youtube.call("/youtube/v3/channels?part=id&mine=true")) == (
        403, "insufficientPermissions",
    )  # fmt: skip
    youtube.token = "gone"
    assert reason(youtube.begin(9)) == (401, "authError")


def test_a_refresh_brings_no_refresh_token(youtube):
    def login(**more):
        said = allow(
            f"{youtube.url}/o/oauth2/v2/auth",
            MIRA,
            client_id="sandbox-app",
            scope=GOOGLE + "youtube.upload",
            **more,
        )
        form = {"grant_type": "authorization_code", "code": said["code"], "redirect_uri": BACK}
        return requests.post(f"{youtube.url}/token", data={**APP, **form}, timeout=5).json()

    assert "refresh_token" not in login()
    first = login(access_type="offline")
    assert "refresh_token" not in login(access_type="offline")
    assert login(access_type="offline", prompt="consent")["refresh_token"]
    again = {**APP, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    for _ in range(2):
        second = requests.post(f"{youtube.url}/token", data=again, timeout=5).json()
        assert set(second) == {"access_token", "expires_in", "scope", "token_type"}
    url = f"{youtube.url}/revoke?token={second['access_token']}"
    assert requests.post(url, timeout=5).ok
    dead = requests.post(f"{youtube.url}/token", data=again, timeout=5)
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
