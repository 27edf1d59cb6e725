from avatar.engine.captions import srt, vtt
from avatar.engine.types import Word

WORDS = [
    Word("Salt", 1_000, 1_300),
    Word("&", 1_320, 1_400),
    Word("<flour>.", 1_420, 2_000),
    Word("Done!", 3_723_004, 3_723_504),
]
LENGTH_MS = 3_800_000


def test_subrip_counts_cues_and_hours():
    assert srt(WORDS, LENGTH_MS) == (
        "1\n00:00:01,000 --> 00:00:02,400\nSalt & <flour>.\n\n"
        "2\n01:02:03,004 --> 01:02:03,904\nDone!\n"
    )


def test_webvtt_escapes_markup():
    text = vtt(WORDS, LENGTH_MS)
    assert text.startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.400\nSalt &amp; &lt;flour&gt;.\n")


def test_without_words_both_are_valid_and_empty():
    assert srt([], 1000) == ""
    assert vtt([], 1000) == "WEBVTT\n"
