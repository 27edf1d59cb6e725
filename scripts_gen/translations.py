"""Scripts in other languages: what may be asked for, what there is, who does it. Changes nothing;
the verbs are in services.
"""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from creators.languages import LANGUAGES
from scripts_gen import language_model
from scripts_gen.briefs import persona_of, wishes_of
from scripts_gen.errors import NotPossible
from scripts_gen.models import Script, Slot
from scripts_gen.writing import Draft, Evidence, NeedsNotes, Tongue, Translator
from scripts_gen.writing import translator as translator_named

TRANSLATION = "translation"  # who wrote a version that was translated
NO_MODEL = (
    "No language model is set up to translate with. Whoever runs this installation sets "
    "OPENAI_API_KEY, or OPENAI_BASE_URL for a server of their own."
)


def why_not(script: Script) -> str:
    """Why a script cannot be translated at all, as a sentence; empty when it can."""
    if not script.slot.part:
        return "What is said in a film made elsewhere is not known here, so nothing translates it."
    if script.slot.language:
        return "This script is a translation. Ask for other languages on the page of its original."
    if script.state == Script.State.SUPERSEDED:
        return "A newer version has replaced this script. Translate the newer one."
    if script.state == Script.State.REJECTED:
        return "You rejected this script. Translate one that you want to have said."
    if not language_model.is_set_up():
        return NO_MODEL
    return ""


def check(script: Script, language: str) -> None:
    """Raises NotPossible, with a sentence, unless the script can be had in that language."""
    if problem := why_not(script):
        raise NotPossible(problem)
    if language not in LANGUAGES:
        raise NotPossible(
            f"No voice here speaks “{language[:40]}”. Choose a language from the list."
            if language
            else "Choose a language."
        )
    if language == script.language:
        raise NotPossible(f"This script is in {LANGUAGES[language]} already.")


def choices(script: Script) -> list[tuple[str, str]]:
    """The languages it can be had in, by their names."""
    return [(tag, name) for tag, name in LANGUAGES.items() if tag != script.language]


def slots_of(script: Script) -> QuerySet[Slot]:
    """The slots of its translations, whichever version they are of."""
    return script.creator.slots.filter(translation_of__slot_id=script.slot_id)


def found(script: Script, language: str) -> Slot | None:
    """The slot in which the script is said in that language, newest first."""
    return slots_of(script).filter(language=language).order_by("-pk").first()


def configured_translator() -> Translator:
    """Raises BadSetup."""
    return translator_named("openai", **language_model.access())


def translated(slot: Slot, translator: Translator | None = None) -> Draft:
    """What is to be said in a slot that is for a translation. Raises WriterError."""
    original = slot.translation_of
    if original is None:
        raise NeedsNotes("The script that this was to be a translation of was deleted.")
    translator = translator or configured_translator()
    persona = replace(persona_of(slot.creator), language=original.language)
    tongue = Tongue(slot.language, LANGUAGES.get(slot.language, slot.language))
    return translator.translate(draft_of(original), persona, tongue, wishes_of(slot))


def draft_of(script: Script) -> Draft:
    evidence: list[dict[str, Any]] = script.evidence
    return Draft(
        hook=script.hook,
        body=script.body,
        call_to_action=script.call_to_action,
        caption=script.caption,
        hashtags=tuple(script.hashtags),
        evidence=tuple(map(Evidence.from_json, evidence)),
    )
