"""A creator's first evening, in a real Chromium: from sign-up to a reel that is live.

The web server, and the worker's work between clicks, are real processes of a real installation.
"""

import os
import re
import shutil
import socket
import time
import urllib.request
from urllib.error import URLError

import pytest
from playwright.sync_api import expect, sync_playwright

from studio.sandbox.server import running
from tests.installation import installation

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("clusters"),
    # In CI a missing browser is a failure, not a reason to look away.
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="there is no Chromium here"
    ),
]
PHONE = {"width": 390, "height": 844}
NOTE = (
    "Sourdough rises because wild yeast eats sugar and makes gas. The gluten holds that gas in"
    " bubbles. A warm kitchen makes the dough rise in four hours, a cold one needs all night."
    " Feed your starter twelve hours before you bake. Salt slows the yeast down. A wet dough gives"
    " bigger holes. Steam in the oven keeps the crust soft while the loaf grows."
)


@pytest.fixture
def sandbox(tmp_path):
    (tmp_path / "sandbox").mkdir()
    with running(tmp_path / "sandbox") as made:
        made.set_rule("x.polls_until_processed", 0)
        yield made


@pytest.fixture
def house(tmp_path, sandbox):
    with installation(tmp_path, SANDBOX_URL=sandbox.url) as made:
        yield made


@pytest.fixture
def address(house):
    """The product's address, answered by the server that `make up` starts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bind = ("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8")
    with house.process("-m", "gunicorn", "studio.wsgi", *bind, "--no-control-socket"):
        wait_for(f"http://127.0.0.1:{port}/health/")
        yield f"http://127.0.0.1:{port}"


def wait_for(url):
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except URLError as e:
            if hasattr(e, "code"):  # an answer, if only "nobody works yet"
                e.close()
                return
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")


@pytest.fixture
def page(address):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update"],
        )  # fmt: skip
        context = browser.new_context(viewport=PHONE, base_url=address, reduced_motion="reduce")
        page = context.new_page()
        page.troubles = []
        page.on("console", lambda m: m.type == "error" and page.troubles.append(m.text))
        page.on("pageerror", lambda e: page.troubles.append(str(e)))
        yield page
        browser.close()


def test_from_sign_up_to_a_reel_that_is_live(house, page, hopper, sandbox):
    sign_up(house, page)
    make_a_creator_with_a_photo(house, page, hopper)
    agree(page)
    page.goto("/accounts/")
    page.get_by_role("button", name=re.compile("connect|folder", re.I)).first.click()
    connect_x(page)
    write_a_note_and_plan(house, page)
    approve_in_my_own_words(page)
    watch_the_reel(house, page)
    see_it_in_the_queue(house, page)
    send_it_to_x_now(house, page, sandbox)
    assert page.troubles == []


def sign_up(house, page):
    code = re.search(r"enter (\S+)", house.manage("setup_code"))[1]
    page.goto("/")
    page.get_by_label("Code").fill(code)
    page.get_by_label("User name").fill("ada")
    page.locator("[name=password1]").fill("lovelace-1843")
    page.locator("[name=password2]").fill("lovelace-1843")
    page.get_by_role("button", name="Open the studio").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who will be on stage?")


def make_a_creator_with_a_photo(house, page, photo):
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("Handle").fill("ada")
    page.get_by_role("button", name="Add this creator").click()
    page.locator("input[type=file]").first.set_input_files(photo)
    page.get_by_role("button", name="Add this photo").click()
    house.manage("tick", "--drain")
    expect(page.get_by_text("187 px", exact=True)).to_be_visible(timeout=15_000)  # by polling


def agree(page):
    page.reload()
    page.get_by_label("Name of the person").fill("Ada Lovelace")
    page.get_by_label("It is my own face and voice.").check()
    page.get_by_label("I have read this, and I agree.").check()
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada is ready to perform.")


def connect_x(page):
    page.goto("/accounts/")
    page.get_by_role("link", name="Connect X", exact=True).click()
    page.get_by_role("button", name="Allow").click()  # on the platform's own page
    expect(page.get_by_text("Connected: X (")).to_be_visible()


def write_a_note_and_plan(house, page):
    page.goto("/calendar/notes/new/")
    page.get_by_label("Title").fill("Why sourdough rises")
    page.locator("[name=text]").fill(NOTE)
    page.locator("main form button[type=submit]").last.click()
    page.goto("/calendar/?week=2030-W02")  # a week that lies ahead whenever this runs
    page.get_by_role("button", name=re.compile("^Plan")).click()
    page.get_by_role("button", name=re.compile("^Write")).first.click()
    house.manage("tick", "--drain")


def approve_in_my_own_words(page):
    page.goto("/scripts/")
    page.get_by_role("link", name="Edit").first.click()
    page.locator("[name=hook]").fill("Why does bread rise?")
    page.locator("[name=body]").fill("Yeast.")
    page.locator("[name=call_to_action]").fill("")
    page.locator("main form button[type=submit]").first.click()
    page.goto("/scripts/")
    page.get_by_role("button", name="Approve").first.click()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def watch_the_reel(house, page):
    page.goto("/reels/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("One reel")
    house.manage("tick", "--drain", timeout_s=300)
    expect(page.get_by_role("heading", level=1)).to_contain_text("ready", timeout=15_000)
    page.goto("/reels/1/")
    seen = page.evaluate(
        """async () => {
          const video = document.querySelector("video");
          video.muted = true;
          await video.play();
          await new Promise((done) => video.addEventListener("timeupdate", () => {
            if (video.currentTime > 0.3) done();
          }));
          return [video.videoWidth, video.videoHeight, video.duration];
        }"""
    )
    assert seen[:2] == [1080, 1920]
    assert 0.5 < seen[2] < 10


def see_it_in_the_queue(house, page):
    page.goto("/queue/")
    expect(page.get_by_text("Why does bread rise?").first).to_be_visible()
    expect(page.get_by_text("Scheduled").first).to_be_visible()


def send_it_to_x_now(house, page, sandbox):
    row = page.get_by_role("listitem").filter(has_text=re.compile(r"to X \("))
    row.get_by_role("link", name="Why does bread rise?").click()
    page.get_by_text("Another time").click()
    page.get_by_label("Now").check()
    page.get_by_role("button", name="Move it").click()
    house.manage("tick", "--drain")
    expect(page.get_by_role("heading", level=1)).to_contain_text("It went out", timeout=15_000)
    expect(page.get_by_text("Sent out", exact=True)).to_be_visible()
    [seen] = sandbox.posts("x")
    assert "wild yeast" in seen["text"]
    assert page.get_by_role("link", name=f"/status/{seen['post_id']}").count() == 1
