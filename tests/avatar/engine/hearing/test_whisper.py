"""whisper with weights of nobody's: what goes in and out, not how well it hears."""

import inspect

import pytest

from avatar.engine.errors import ModelUnavailable
from avatar.engine.hearing.whisper import WhisperAligner, WhisperTranscriber
from avatar.engine.media.sound import write_wav
from avatar.engine.registry import missing
from avatar.engine.speech.reading import read_to_disk
from avatar.engine.speech.times import word_times
from avatar.engine.vendors.access import Access
from avatar.engine.vendors.journal import FileJournal
from avatar.engine.vendors.orders import Context
from studio.lib.engines import Engine, Kind

torch = pytest.importorskip("torch")
whisper = pytest.importorskip("whisper")

# whisper leaves the file of its tokens open.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ENGINE = Engine("whisper", Kind.TRANSCRIBER, "whisper", "", needs=("WHISPER_MODEL",))
TEXT = "The kettle is on, and the tea is almost ready."


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A whisper of two small layers, random."""
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(1)
    dims = ModelDimensions(80, 1500, 32, 2, 2, 51865, 40, 32, 2, 2)
    model = Whisper(dims)
    torch.nn.init.normal_(model.decoder.positional_embedding, std=0.01)  # it comes uninitialised
    path = tmp_path_factory.mktemp("whisper") / "own.pt"
    torch.save({"dims": vars(dims), "model_state_dict": model.state_dict()}, path)
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    reading = read_to_disk(TEXT, "en")
    path = tmp_path_factory.mktemp("sound") / "said.wav"
    write_wav(path, reading.waveform[:], reading.sample_rate)
    return path


def context(tmp_path, model):
    return Context(Access({"WHISPER_MODEL": str(model)}), FileJournal(tmp_path))


def test_a_known_text_comes_back_word_for_word_in_order(weights, sound, tmp_path):
    heard = WhisperAligner(ENGINE).listen(
        sound, text=TEXT, language="en", context=context(tmp_path, weights)
    )
    times = word_times(TEXT, heard.fragments)
    assert None not in times
    assert sorted(times) == list(times)


def test_random_weights_are_not_believed(weights, sound, tmp_path):
    """Their probabilities say so, and our own aligner's times stand."""
    from avatar.engine.align import align
    from avatar.engine.scratch import WavFile

    heard = WhisperAligner(ENGINE).listen(
        sound, text=TEXT, language="en", context=context(tmp_path, weights)
    )
    wav = WavFile(sound)
    ours = align(wav, wav.sample_rate, TEXT, "en").words
    for one, other in zip(word_times(TEXT, heard.fragments), ours, strict=True):
        assert abs(one[0] - other.start_ms) < 80


def test_a_transcript_has_words_for_its_text(weights, sound, tmp_path, monkeypatch):
    """whisper answers as it documents: decoding with weights of nobody's takes minutes."""
    asked = {}

    def transcribe(model, audio, **how):
        inspect.signature(whisper.transcribe).bind(model, audio, **how)
        asked.update(how, seconds=len(audio) / 16_000)
        words = [
            {"word": " The", "start": 0.1, "end": 0.3, "probability": 0.9},
            {"word": " kettle.", "start": 0.3, "end": 0.9, "probability": 0.9},
        ]
        return {"text": " The kettle.", "segments": [{"words": words}], "language": "en"}

    monkeypatch.setattr(whisper.model.Whisper, "transcribe", transcribe)
    heard = WhisperTranscriber(ENGINE).listen(
        sound, text="", language="en-gb", context=context(tmp_path, weights)
    )
    assert word_times(heard.text, heard.fragments) == ((100, 300), (300, 900))
    assert (asked["language"], asked["word_timestamps"]) == ("en", True)
    assert asked["seconds"] > 2


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04rubbish"])
def test_a_file_that_holds_no_weights_is_said_so(content, sound, tmp_path):
    path = tmp_path / "small.pt"
    path.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"small\.pt holds no whisper weights"):
        WhisperTranscriber(ENGINE).listen(
            sound, text="", language="en", context=context(tmp_path, path)
        )


def test_weights_are_asked_for_by_name():
    assert missing(ENGINE, Access({})) == "whisper needs WHISPER_MODEL, which is not set."
