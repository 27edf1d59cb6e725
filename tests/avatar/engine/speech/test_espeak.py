"""espeak-ng in its child process: every language, the same answer every time."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from avatar.engine.errors import EngineError, InputError, ModelUnavailable
from avatar.engine.speech import espeak
from avatar.engine.speech.espeak import utterances, voice, voices


def test_the_same_request_gives_the_same_samples_also_from_threads():
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda _: next(utterances(["Say it again."], "en-us")), range(4)))
    assert all(np.array_equal(heard[0].waveform, other.waveform) for other in heard[1:])


def test_more_than_a_hundred_languages_are_known():
    assert len(voices()) > 100
    assert voice("en-us").name == "English (America)"


@pytest.mark.parametrize(
    ("asked", "code"),
    [("de-AT", "de"), ("pt_BR", "pt-br"), ("zh", "cmn"), ("zh-TW", "cmn"), ("EN-US", "en-us")],
)
def test_a_region_without_a_voice_falls_back_to_the_language(asked, code):
    assert voice(asked).code == code


@pytest.mark.parametrize(
    ("asked", "near"), [("germn", "de (German)"), ("spanisch", "es (Spanish")]
)
def test_an_unknown_language_is_told_its_nearest(asked, near):
    with pytest.raises(InputError) as refused:
        voice(asked)
    assert near in str(refused.value)
    assert asked in str(refused.value)


@pytest.mark.parametrize(
    "language", ["en", "de", "fr-fr", "ja", "ar", "hi", "ko", "chr-us-qaaa-x-west"]
)
def test_phones_are_ipa_in_order_and_within_the_sound(language):
    heard = next(utterances(["Mama papa 123, tomato."], language))
    bounds = [at for phone in heard.phones for at in (phone.start, phone.end)]
    assert bounds == sorted(bounds)
    assert bounds[0] >= 0
    assert bounds[-1] <= len(heard.waveform)
    assert all(phone.phone and not set(phone.phone) & set("ˈˌ_:;|() ") for phone in heard.phones)


def test_stress_is_kept_beside_the_phone():
    phones = next(utterances(["tomato"], "en-us")).phones
    assert [p.phone for p in phones if p.stress == 2] == ["eɪ"]


def test_a_stop_begins_with_its_closure():
    """Between the vowels of "apa" there is silence, and it belongs to p."""
    heard = next(utterances(["papa papa"], "es"))
    stops = [p for p in heard.phones if p.phone == "p"][1:]
    for stop in stops:
        closed = heard.waveform[stop.start : stop.start + heard.sample_rate // 100]
        assert np.abs(closed).max() < 0.1 * np.abs(heard.waveform).max()


def test_markup_in_a_text_is_read_and_not_obeyed():
    plain = next(utterances(["hello world"], "en"))
    tagged = next(utterances(['hello <break time="60s"/> world'], "en"))
    assert len(tagged.waveform) < 10 * len(plain.waveform)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(espeak.espeakng_loader, "get_library_path", lambda: "/nowhere/espeak.so")
    with pytest.raises(ModelUnavailable, match="not usable on this machine"):
        next(utterances(["Hello"], "en"))


def test_a_crash_in_the_library_is_an_error_and_no_traceback(monkeypatch, tmp_path):
    crashing = tmp_path / "crash.py"
    crashing.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    voice("en")
    monkeypatch.setattr(espeak, "PROCESS", crashing)
    with pytest.raises(EngineError, match="broke off while reading"):
        next(utterances(["Hello"], "en"))
