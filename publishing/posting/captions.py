"""The words beside a reel, as each platform counts them.

A suggestion always fits: it loses hashtags before sentences, the last ones first, and never the
line that says it is synthetic. What a person wrote is not cut; it is refused with the count.
"""

from avatar.models import Reel
from publishing.models import Account
from publishing.platforms import platform
from publishing.platforms.base import Platform

# Said in the caption where a platform has no flag of its own for it.
DISCLOSURE = {
    "de": "Mit KI erstellt.",
    "en": "Made with AI.",
    "es": "Hecho con IA.",
    "fr": "Créé avec l'IA.",
    "it": "Creato con l'IA.",
    "nl": "Gemaakt met AI.",
    "pt": "Feito com IA.",
}
KEPT_TAGS = 3  # are worth more than the end of a long caption
CUT = "…"


def disclosure(account: Account, language: str) -> str:
    """The line that says it is synthetic; empty where the platform has a flag for it."""
    if platform(account.platform).capabilities.ai_flag:
        return ""
    return DISCLOSURE.get(language.split("-")[0].lower(), DISCLOSURE["en"])


def disclosed(caption: str, account: Account, language: str) -> str:
    """The caption, with that line where it is needed and not there yet."""
    line = disclosure(account, language)
    return caption if not line or line in caption else f"{caption.rstrip()}\n\n{line}".strip()


def suggest(reel: Reel, account: Account) -> str:
    """The script's caption and hashtags and that line, cut to what the platform takes."""
    script = reel.script
    words = script.caption.strip() or script.hook.strip()
    tags = [f"#{tag.lstrip('#')}" for tag in script.hashtags]
    return fit(words, tags, disclosure(account, script.language), platform(account.platform))


def fit(words: str, tags: list[str], line: str, kind: type[Platform]) -> str:
    """words, hashtags and the line, a paragraph each, as much of them as `kind` takes."""
    most = kind.limits.hashtags
    if most is not None:
        own = sum(word.startswith("#") and len(word) > 1 for word in words.split())
        tags = tags[: max(most - own, 0)]
    while len(tags) > KEPT_TAGS and not _fits(words, tags, line, kind):
        tags = tags[:-1]
    if not _fits(words, tags, line, kind):
        words = _cut(words, tags, line, kind)
    while tags and not _fits(words, tags, line, kind):
        tags = tags[:-1]
    return _joined(words, tags, line)


def title_of(title: str, hook: str, kind: type[Platform]) -> str:
    """One line: what was written for it, else as much of the hook as fits."""
    title = " ".join(title.split())
    most = kind.limits.title_chars
    if title or most is None or len(hook) <= most:
        return title or hook
    return _at_a_word(hook, most - len(CUT)) + CUT


def _joined(words: str, tags: list[str], line: str) -> str:
    return "\n\n".join(filter(None, (words, " ".join(tags), line)))


def _fits(words: str, tags: list[str], line: str, kind: type[Platform]) -> bool:
    most = kind.limits.caption_chars
    return most is None or kind.caption_length(_joined(words, tags, line)) <= most


def _cut(words: str, tags: list[str], line: str, kind: type[Platform]) -> str:
    """The longest beginning that fits, ended at a word; empty when not even that does."""
    low, high = 0, len(words)  # as the platform counts, longer is never shorter
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(words[:middle] + CUT, tags, line, kind):
            low = middle
        else:
            high = middle - 1
    kept = _at_a_word(words, low)
    return kept + CUT if kept else ""


def _at_a_word(words: str, most: int) -> str:
    """At most so many characters, not ending inside a word unless it is the first."""
    if len(words) <= most:
        return words.rstrip()
    head = words[: max(most, 0)]
    if head and not head[-1].isspace() and not words[len(head)].isspace():
        head = head.rsplit(None, 1)[0] if len(head.split()) > 1 else head
    return head.rstrip(" ,;:.–-\n")
