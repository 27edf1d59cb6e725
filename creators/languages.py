"""Languages a creator may speak, by espeak-ng's names, and something to read aloud in them."""

LANGUAGES = {
    "en": "English (Britain)",
    "en-us": "English (America)",
    "af": "Afrikaans",
    "sq": "Albanian",
    "ar": "Arabic",
    "eu": "Basque",
    "bn": "Bengali",
    "bg": "Bulgarian",
    "yue": "Chinese (Cantonese)",
    "cmn": "Chinese (Mandarin)",
    "ca": "Catalan",
    "hr": "Croatian",
    "cs": "Czech",
    "da": "Danish",
    "nl": "Dutch",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "fr-ch": "French (Switzerland)",
    "ka": "Georgian",
    "de": "German",
    "el": "Greek",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "is": "Icelandic",
    "id": "Indonesian",
    "ga": "Irish",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lv": "Latvian",
    "lt": "Lithuanian",
    "ms": "Malay",
    "mr": "Marathi",
    "nb": "Norwegian",
    "fa": "Persian",
    "pl": "Polish",
    "pt": "Portuguese (Portugal)",
    "pt-br": "Portuguese (Brazil)",
    "ro": "Romanian",
    "ru": "Russian",
    "sr": "Serbian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "es": "Spanish (Spain)",
    "es-419": "Spanish (Latin America)",
    "sw": "Swahili",
    "sv": "Swedish",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "cy": "Welsh",
}

# About twenty seconds when read calmly, with many different sounds in them.
READINGS = {
    "en": (
        "Good morning. I am reading this so that my studio learns how I sound when I talk to a "
        "friend. Some days I speak quickly, with a joke in every sentence; other days I take my "
        "time, pause, and choose each word. Would you rather hear about the weather, the "
        "journey, or the big blue boat?"
    ),
    "de": (
        "Guten Morgen. Ich lese das vor, damit mein Studio hört, wie ich klinge, wenn ich mit "
        "einer Freundin rede. An manchen Tagen spreche ich schnell und lache dabei; an anderen "
        "lasse ich mir Zeit, mache Pausen und wähle jedes Wort. Was möchtest du hören: vom "
        "Wetter oder von der Reise?"
    ),
    "fr": (
        "Bonjour. Je lis ce texte pour que mon studio apprenne comment je parle à une amie. "
        "Certains jours, je parle vite et je plaisante à chaque phrase ; d'autres jours, je "
        "prends mon temps, je fais des pauses et je choisis chaque mot. Préférez-vous la météo "
        "ou le voyage en bateau ?"
    ),
    "es": (
        "Buenos días. Leo esto para que mi estudio aprenda cómo sueno cuando hablo con una "
        "amiga. Algunos días hablo deprisa y bromeo en cada frase; otros me tomo mi tiempo, hago "
        "pausas y elijo cada palabra. ¿Qué prefieres escuchar: el tiempo, el viaje o el gran "
        "barco azul?"
    ),
    "it": (
        "Buongiorno. Leggo questo testo perché il mio studio impari come parlo con un'amica. "
        "Certi giorni parlo in fretta e scherzo a ogni frase; altri mi prendo il mio tempo, "
        "faccio una pausa e scelgo ogni parola. Preferisci sentire del tempo, del viaggio o "
        "della grande barca azzurra?"
    ),
    "pt": (
        "Bom dia. Estou a ler isto para que o meu estúdio aprenda como eu falo com um amigo. Há "
        "dias em que falo depressa e brinco em cada frase; noutros levo o meu tempo, faço pausas "
        "e escolho cada palavra. O que gostava de ouvir: o tempo, a viagem ou o grande barco "
        "azul?"
    ),
    "nl": (
        "Goedemorgen. Ik lees dit voor zodat mijn studio hoort hoe ik klink als ik met een "
        "vriend praat. Soms praat ik snel en maak ik bij elke zin een grapje; op andere dagen "
        "neem ik de tijd, wacht even en kies ik elk woord. Wil je iets horen over het weer, de "
        "reis of de grote blauwe boot?"
    ),
    "pl": (
        "Dzień dobry. Czytam ten tekst, żeby moje studio nauczyło się, jak brzmię, gdy rozmawiam "
        "z przyjaciółką. Czasem mówię szybko i żartuję w każdym zdaniu; kiedy indziej nie "
        "spieszę się, robię przerwy i wybieram każde słowo. Wolisz posłuchać o pogodzie czy o "
        "podróży?"
    ),
}


def reading(language: str) -> str:
    """Something to read aloud in `language`; "" where we have nothing, then any text will do."""
    return READINGS.get(language.split("-")[0], "")
