"""MiniMax as its documents describe it: HTTP 200 whatever happens, and base_resp to tell."""

import pytest
import requests

from studio.sandbox.vendors.audio import encoded
from studio.sandbox.vendors.common import orders
from studio.sandbox.vendors.hearing import remember
from studio.sandbox.vendors.sound import say
from tests.studio.sandbox.vendors.samples import sample, seconds_of

KEY = {"Authorization": "Bearer sandbox-key"}
TEXT = "Hello there, café. Does it cost £3? 今天好。"
VOICE = {"voice_id": "Wise_Woman"}


@pytest.fixture
def url(sandbox):
    return f"{sandbox.url}/minimax"


@pytest.fixture(scope="module")
def voice_file(tmp_path_factory):
    return sample(tmp_path_factory.mktemp("samples") / "me.wav", 15)


def ask(url, path, headers=KEY, **body):
    answer = requests.post(f"{url}/v1/{path}", headers=headers, json=body, timeout=20)
    assert answer.status_code == 200
    return answer.json()


def speak(url, text=TEXT, headers=KEY, **more):
    asked = {"model": "speech-2.8-hd", "text": text, "voice_setting": VOICE, **more}
    return ask(url, "t2a_v2", headers, **asked)


def code(answer):
    return answer["base_resp"]["status_code"]


def upload(url, path, purpose="voice_clone", name=""):
    with path.open("rb") as file:
        return requests.post(
            f"{url}/v1/files/upload",
            headers=KEY,
            data={"purpose": purpose},
            files={"file": (name or path.name, file)},
            timeout=20,
        ).json()


def clone(url, path, voice_id="Mira-2026", **more):
    file_id = upload(url, path)["file"]["file_id"]
    return ask(url, "voice_clone", file_id=file_id, voice_id=voice_id, **more)


def test_sound_comes_as_hex(url):
    answer = speak(url, audio_setting={"format": "wav", "sample_rate": 16_000})
    assert code(answer) == 0
    seconds = seconds_of(bytes.fromhex(answer["data"]["audio"]))
    assert answer["extra_info"]["audio_length"] == pytest.approx(1000 * seconds, abs=5)
    assert answer["extra_info"]["usage_characters"] == len(TEXT)
    assert "subtitle_file" not in answer["data"]


def test_sound_and_subtitles_lie_at_an_address_for_a_day(sandbox, url):
    answer = speak(url, output_format="url", subtitle_enable=True, subtitle_type="word")
    titles = requests.get(answer["data"]["subtitle_file"], timeout=5).json()
    assert "".join(one["text"] for one in titles) == TEXT
    for sentence in titles:
        assert TEXT[sentence["text_begin"] : sentence["text_end"]] == sentence["text"]
        for one in sentence["timestamped_words"]:
            assert TEXT[one["word_begin"] : one["word_end"]] == one["word"]
            assert sentence["time_begin"] <= one["time_begin"] <= one["time_end"]
    assert titles[-1]["time_end"] == pytest.approx(answer["extra_info"]["audio_length"], abs=5)
    sound = requests.get(answer["data"]["audio"], timeout=5)
    assert (sound.status_code, sound.headers["Content-Type"]) == (200, "audio/mpeg")
    sandbox.advance(86_401)
    assert requests.get(answer["data"]["audio"], timeout=5).status_code == 403


def test_sentences_alone(url):
    answer = speak(url, subtitle_enable=True)
    titles = requests.get(answer["data"]["subtitle_file"], timeout=5).json()
    assert [one["timestamped_words"] for one in titles] == [None] * len(titles)


@pytest.mark.parametrize(
    ("key", "status_code"),
    [("", 1004), ("wrong", 2049), ("expired-key", 1004), ("unpaid-key", 1008),
     ("forbidden-key", 2042)],
)  # fmt: skip
def test_keys(url, key, status_code):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    assert code(speak(url, headers=headers)) == status_code


@pytest.mark.parametrize(
    ("asked", "status_code"),
    [
        ({"text": ""}, 2013),
        ({"text": "x" * 10_000}, 2013),
        ({"text": "Please [refuse] this"}, 1026),
        ({"text": "\u200b\u200b\u200bx"}, 1042),
        ({"text": "Wait <#100#> here"}, 2013),
        ({"model": "speech-9"}, 2013),
        ({"voice_setting": {}}, 2013),
        ({"voice_setting": {"voice_id": "Nobody_knows_me"}}, 20132),
        ({"voice_setting": {**VOICE, "speed": 2.5}}, 2013),
        ({"voice_setting": {**VOICE, "emotion": "whisper"}}, 2013),
        ({"audio_setting": {"format": "ogg"}}, 2013),
        ({"audio_setting": {"sample_rate": 48_000}}, 2013),
    ],
)
def test_refusals(sandbox, url, asked, status_code):
    answer = speak(url, **asked)
    assert code(answer) == status_code
    assert "data" not in answer
    assert orders(sandbox, "minimax") == []


def test_whisper_is_for_26(url):
    voice = {**VOICE, "emotion": "whisper"}
    assert code(speak(url, "Hush", model="speech-2.6-hd", voice_setting=voice)) == 0


def test_any_code_can_be_ordered(sandbox, url):
    sandbox.set_rule("minimax.refuse_with", 2056)
    assert speak(url)["base_resp"] == {"status_code": 2056, "status_msg": "usage limit exceeded"}


def test_a_group_may_be_demanded(sandbox, url):
    sandbox.set_rule("minimax.group_id", "17")
    assert code(speak(url)) == 1004
    assert code(ask(url, "get_voice?GroupId=17", voice_type="system")) == 0


def test_sixty_requests_a_minute(sandbox, url):
    sandbox.set_rule("minimax.creates_per_minute", 1)
    assert code(speak(url, "One")) == 0
    assert code(speak(url, "Two")) == 1002
    sandbox.advance(60)
    assert code(speak(url, "Two")) == 0


def test_a_voice_is_cloned_spoken_with_and_deleted(url, voice_file):
    answer = clone(url, voice_file, text="So I sound.", model="speech-2.8-hd")
    assert code(answer) == 0
    demo = requests.get(answer["demo_audio"], timeout=5)
    assert demo.headers["Content-Type"] == "audio/mpeg"
    assert code(speak(url, "It is me", voice_setting={"voice_id": "Mira-2026"})) == 0
    listed = ask(url, "get_voice", voice_type="voice_cloning")
    assert [one["voice_id"] for one in listed["voice_cloning"]] == ["Mira-2026"]
    assert listed["system_voice"] == []
    gone = {"voice_type": "voice_cloning", "voice_id": "Mira-2026"}
    assert code(ask(url, "delete_voice", **gone)) == 0
    assert code(ask(url, "delete_voice", **gone)) == 2013


def test_a_voice_nobody_speaks_with_is_gone_after_a_week(sandbox, url, voice_file):
    clone(url, voice_file)
    mine = {"voice_id": "Mira-2026"}
    for _ in range(3):  # speaking keeps it
        sandbox.advance(6 * 86_400)
        assert code(speak(url, "Here", voice_setting=mine)) == 0
    sandbox.advance(7 * 86_400 + 1)
    assert code(speak(url, "Here", voice_setting=mine)) == 20132
    assert ask(url, "get_voice", voice_type="all")["voice_cloning"] == []


@pytest.mark.parametrize(
    ("voice_id", "good"),
    [("Mira-2026", True), ("Mira_202", True), ("Mira202", False), ("2Mira-2026", False),
     ("Mira-202-", False), ("Mira-202_", False), ("Mira 2026", False), ("M" * 257, False)],
)  # fmt: skip
def test_names_of_voices(url, voice_file, voice_id, good):
    assert code(clone(url, voice_file, voice_id)) == (0 if good else 2013)


def test_a_name_is_taken_once(url, voice_file):
    assert [code(clone(url, voice_file)) for _ in range(2)] == [0, 2039]


@pytest.mark.parametrize("seconds", [9.8, 301])
def test_samples_have_a_length(url, tmp_path, seconds):
    path = sample(tmp_path / "s.wav", seconds, rate=16_000)
    assert code(clone(url, path)) == 2037


def test_samples_are_listened_to(sandbox, url, tmp_path, voice_file):
    (tmp_path / "text.mp3").write_text("no sound")
    assert code(clone(url, tmp_path / "text.mp3")) == 20132
    assert code(upload(url, voice_file, name="me.ogg")) == 2013
    assert code(upload(url, voice_file, purpose="fun")) == 2013
    for problem, expected in (("mismatch", 1043), ("two speakers", 20132), ("unverified", 2038)):
        sandbox.set_rule("minimax.sample_problem", problem)
        assert code(clone(url, voice_file)) == expected
    assert orders(sandbox, "minimax") == []


def test_the_text_of_a_sample_is_compared(sandbox, url, tmp_path):
    speech = say("This is what I say in my sample, word for word, and a little more. " * 3)
    remember(sandbox, speech)
    path = tmp_path / "me.mp3"
    path.write_bytes(encoded(sandbox, speech.samples, speech.sample_rate, format="mp3", kbps=96))
    assert code(clone(url, path, text_validation="Something else entirely")) == 1043
    assert code(clone(url, path, text_validation=speech.text)) == 0


def test_prompts_are_short(url, tmp_path, voice_file):
    long = upload(url, voice_file, "prompt_audio")["file"]["file_id"]
    short = upload(url, sample(tmp_path / "p.wav", 5), "prompt_audio")["file"]["file_id"]

    def prompt(file_id, text="hello"):
        return {"prompt_audio": file_id, "prompt_text": text}

    assert code(clone(url, voice_file, clone_prompt=prompt(long))) == 2048
    assert code(clone(url, voice_file, clone_prompt=prompt(short, ""))) == 1044
    assert code(clone(url, voice_file, clone_prompt=prompt(short))) == 0


def test_a_lost_answer_has_been_charged_for(sandbox, url):
    sandbox.fault("close_after", platform="minimax", commit=True)
    with pytest.raises(requests.ConnectionError):
        speak(url, "Once")
    speak(url, "Once")
    assert [one["charged"] for one in orders(sandbox, "minimax")] == [2]


def test_faults_come_as_codes_or_from_the_gateway(sandbox, url):
    sandbox.fault("status", platform="minimax", status=429)
    assert code(speak(url)) == 1002
    sandbox.fault("status", platform="minimax", status=408)
    assert speak(url)["base_resp"] == {"status_code": 1001, "status_msg": "request timeout"}
    sandbox.fault("status", platform="minimax", status=502)
    answer = requests.post(f"{url}/v1/t2a_v2", headers=KEY, json={}, timeout=5)
    assert answer.status_code == 502
