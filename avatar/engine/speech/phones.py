"""Phones by what they sound like, whatever the language."""

VOWELS = frozenset("iyɨʉɯuɪʏʊeøɘɵɤoəɚɝɛœɜɞʌɔæɐaɶɑɒᵻ")
STOPS = frozenset("pbtdʈɖcɟkɡqɢʔɓɗʄɠʛʡ")
FRICATIVES = frozenset("ɸβfvθðszʃʒʂʐɕʑçʝxɣχʁħʕhɦɬɮɧʍ")


def sound_class(phone: str) -> str:
    """vowel, sonorant, fricative or stop.

    An affricate is a stop, a diphthong a vowel, what is unknown a sonorant.
    """
    for symbol in phone:
        if symbol in VOWELS:
            return "vowel"
        if symbol in STOPS:
            return "stop"
        if symbol in FRICATIVES:
            return "fricative"
    return "sonorant"
