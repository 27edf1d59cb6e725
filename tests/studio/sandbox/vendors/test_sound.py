"""Speech that the doubles make and hear: real sound, times that fit it, files in any format."""

import numpy as np
import pytest

from studio.sandbox.vendors.audio import MIME, READ_RATE, encoded, read
from studio.sandbox.vendors.hearing import Heard, aligned, loudness, remember, transcribe
from studio.sandbox.vendors.sound import say

TEXT = "Hello, world! It costs £3.50 — in a naïve café. 😀"


@pytest.mark.parametrize(
    "text", [TEXT, "今天天气很好。", "Привет, мир", "[laughs] Yes <break/> no", "…", ""]
)
def test_every_character_has_its_time(text):
    speech = say(text)
    assert len(speech.starts) == len(speech.ends) == len(text)
    assert list(speech.starts[1:]) == list(speech.ends[:-1])  # no gaps
    assert list(speech.starts) == sorted(speech.starts)
    assert not text or speech.ends[-1] == pytest.approx(speech.seconds, abs=0.001)


def test_longer_texts_last_longer():
    assert say("One. " * 20).seconds > 15 * say("One. ").seconds / 2
    assert say(TEXT, speed=1.2).seconds < say(TEXT).seconds


def test_words_are_heard_in_their_time():
    """In a word's time it is loud, in the pause behind it is not."""
    speech = say("Hello. Then nothing more.")
    curve = loudness(speech.samples, speech.sample_rate)
    word = curve[int(speech.starts[0] / 0.02) : int(speech.ends[4] / 0.02)]
    pause = curve[int(speech.starts[6] / 0.02) + 1 : int(speech.ends[6] / 0.02) - 1]
    assert word.mean() > 0.2
    assert pause.max(initial=0) < 0.05


def test_the_same_request_sounds_the_same_and_voices_differ():
    one, again, other = say(TEXT, voice="a"), say(TEXT, voice="a"), say(TEXT, voice="b")
    assert np.array_equal(one.samples, again.samples)
    assert not np.array_equal(one.samples[:5000], other.samples[:5000])


@pytest.mark.parametrize("format", sorted(MIME))
def test_every_format_can_be_played(sandbox, tmp_path, format):
    speech = say("Hello, world!")
    rate = {"opus": 48_000, "ulaw": 8000, "alaw": 8000}.get(format, 24_000)
    data = encoded(sandbox, speech.samples, speech.sample_rate, format=format, rate=rate)
    if format in ("pcm", "ulaw", "alaw"):  # no head to read
        size = 2 if format == "pcm" else 1
        assert len(data) / size / rate == pytest.approx(speech.seconds, abs=0.01)
        return
    path = tmp_path / f"sound.{format}"
    path.write_bytes(data)
    sound = read(path)
    assert (sound.sample_rate, sound.channels) == (rate, 1)
    assert sound.seconds == pytest.approx(speech.seconds, abs=0.1)


def test_stereo_is_seen(sandbox, tmp_path):
    speech = say("Hello")
    path = tmp_path / "sound.wav"
    path.write_bytes(encoded(sandbox, speech.samples, speech.sample_rate, rate=44_100, channels=2))
    assert read(path).channels == 2


def test_what_is_no_sound_is_none(tmp_path):
    path = tmp_path / "sound.mp3"
    path.write_bytes(b"no sound")
    assert read(path) is None


@pytest.mark.parametrize("format", ["mp3", "aac", "opus", "wav"])
def test_own_speech_is_recognised_in_any_encoding(sandbox, tmp_path, format):
    speech, other = say("This was said first."), say("And this was said later, elsewhere.")
    for one in (speech, other):
        remember(sandbox.of("minimax"), one)
    path = tmp_path / "sound"
    path.write_bytes(encoded(sandbox, speech.samples, speech.sample_rate, format=format, kbps=64))
    heard = transcribe(sandbox.of("elevenlabs"), read(path))
    assert heard == Heard(speech.text, speech.starts, speech.ends)
    assert [one[0] for one in heard.words()] == ["This", "was", "said", "first."]


def test_other_speech_gets_words_where_it_is_loud(sandbox, tmp_path):
    pause = np.zeros(22_050 * 2, dtype=np.int16)
    speech = say("Nobody told the doubles about this.")
    path = tmp_path / "sound.wav"
    samples = np.concatenate([pause, speech.samples, pause])
    path.write_bytes(encoded(sandbox, samples, 22_050))
    heard = transcribe(sandbox, read(path))
    assert heard.text.startswith("Somebody speaks here")
    assert heard.starts[0] == pytest.approx(2.0, abs=0.1)
    assert 2 + speech.seconds - 0.5 < heard.ends[-1] < 2 + speech.seconds + 0.1


def test_a_known_text_is_placed_where_somebody_speaks(sandbox, tmp_path):
    pause = np.zeros(22_050, dtype=np.int16)
    samples = np.concatenate([say("Stop").samples, pause, say("Go").samples])
    path = tmp_path / "sound.wav"
    path.write_bytes(encoded(sandbox, samples, 22_050))
    sound = read(path)
    heard = aligned(sandbox, sound, "Hier, dort")
    assert len(heard.starts) == len(heard.ends) == 10
    assert list(heard.starts) == sorted(heard.starts)
    assert all(a <= b for a, b in zip(heard.starts, heard.ends, strict=True))
    assert heard.ends[-1] <= sound.seconds
    assert len(sound.samples) == pytest.approx(sound.seconds * READ_RATE)


def test_silence_has_no_words(sandbox, tmp_path):
    path = tmp_path / "sound.wav"
    path.write_bytes(encoded(sandbox, np.zeros(22_050, dtype=np.int16), 22_050))
    assert transcribe(sandbox, read(path)).text == ""
