"""From a vendor's times of letters or words to the times of ours."""

from avatar.engine.speech.times import word_times

TEXT = "It costs 3,000 — really? Yes."


def letters(text, step=0.1):
    return [(sign, i * step, (i + 1) * step) for i, sign in enumerate(text)]


def test_letters_become_words_without_the_pause_behind_them():
    times = word_times("Go on. Now!", letters("Go on. Now!"))
    assert times == ((0, 200), (300, 500), (700, 1000))


def test_words_of_a_vendor_are_taken_as_they_are():
    said = [("It", 0.0, 0.2), ("costs", 0.2, 0.6), ("3,000", 0.7, 1.5), ("really", 1.9, 2.3)]
    times = word_times(TEXT, [*said, ("yes", 2.8, 3.0)])
    assert times == ((0, 200), (200, 600), (700, 1500), (1900, 2300), (2800, 3000))


def test_a_number_that_was_spelled_out_is_left_to_the_aligner():
    spoken = "It costs three thousand really yes"
    times = word_times(TEXT, letters(spoken))
    assert times[2] is None
    assert None not in (times[1], times[4])


def test_times_of_another_text_are_of_no_use():
    assert word_times(TEXT, letters("Completely different wording here")) == ()
    assert word_times(TEXT, []) == ()


def test_times_that_run_backwards_are_left_out():
    said = [("one", 1.0, 1.5), ("two", 0.2, 0.6), ("three", 1.6, 2.0)]
    assert word_times("one two three", said) == ((1000, 1500), None, (1600, 2000))


def test_accents_and_scripts_without_spaces_count():
    assert word_times("Été là", letters("Été là")) == ((0, 300), (400, 600))
    assert len(word_times("你好", letters("你好"))) == 2
