"""Languages by the names of espeak-ng, as vendors call them."""

NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cmn": "Chinese",
    "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "ms": "Malay", "nb": "Norwegian", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "yue": "Cantonese",
}  # fmt: skip
ISO = {"cmn": "zh", "yue": "zh", "nb": "no"}  # where espeak-ng differs from ISO 639-1


def base(language: str) -> str:
    """`pt-br` as `pt`."""
    found = language.lower().replace("_", "-").partition("-")[0]
    return {"zh": "cmn", "no": "nb"}.get(found, found)


def iso(language: str) -> str:
    """Two letters of ISO 639-1, as far as there are two."""
    return ISO.get(base(language), base(language))


def english_name(language: str, default: str = "") -> str:
    """`de` as German."""
    return NAMES.get(base(language), default)
