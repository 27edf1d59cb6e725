"""What a person agrees to, word for word.

A consent keeps the version it was given under, so a published version is never edited: a change
is a new entry, and `current` moves on to it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """One version. {person} and {creator} stand for names.

    likeness, voice, footage: what the person agrees to; `voice` belongs to it when a sample is
    included, `footage` when a video is. always: what holds in all cases.
    elsewhere: it covers that photo, sample and video are sent to a voice or a performer that works
    elsewhere.
    """

    version: str
    likeness: tuple[str, ...]
    voice: tuple[str, ...]
    always: tuple[str, ...]
    footage: tuple[str, ...] = ()
    elsewhere: bool = False

    def paragraphs(
        self, *, person: str, creator: str, voice: bool, footage: bool = False
    ) -> list[str]:
        parts = (
            *self.likeness,
            *(self.voice if voice else ()),
            *(self.footage if footage else ()),
            *self.always,
        )
        return [part.format(person=person, creator=creator) for part in parts]


WORDINGS = {
    wording.version: wording
    for wording in (
        Wording(
            version="1",
            likeness=(
                "{person} is the person in this photo and agrees that it is animated by computer: "
                "the face will speak words that nobody said in front of a camera.",
                "The animated photo may be used in reels for {creator}, and only in those whose "
                "words were read and approved beforehand in this studio.",
            ),
            voice=(
                "{person} is the person in the voice recording and agrees that a synthetic voice "
                "is fitted to it and speaks those approved words.",
            ),
            always=(
                "Every reel says that it is synthetic: by the platform's own mark where there is "
                "one, in its caption otherwise.",
                "This agreement covers exactly this photo and, where there is one, this "
                "recording; a new one needs a new agreement. The files stay in this installation "
                "and are used for nothing else.",
                "It can be revoked at any time, here, without giving a reason. From that moment "
                "nothing more is made or posted; what has been posted already must be taken down "
                "where it was posted.",
            ),
        ),
        Wording(
            version="2-video",
            likeness=(
                "{person} is the person in this video and agrees that its mouth is made to move "
                "by computer: the face will speak words that nobody said in front of a camera.",
                "The video may be used in reels for {creator}, and only in those whose words were "
                "read and approved beforehand in this studio.",
            ),
            voice=(
                "{person} is the person in the voice recording and agrees that a synthetic voice "
                "is fitted to it and speaks those approved words.",
            ),
            elsewhere=True,
            always=(
                "Every reel says that it is synthetic: by the platform's own mark where there is "
                "one, in its caption otherwise.",
                "This agreement covers exactly this video and, where there is one, this "
                "recording; a new one needs a new agreement. The files stay in this installation, "
                "but for those that are needed by a voice or a performer elsewhere that was "
                "chosen for a reel, and are used for nothing else.",
                "It can be revoked at any time, here, without giving a reason. From that moment "
                "nothing more is made or posted; what has been posted already must be taken down "
                "where it was posted.",
            ),
        ),
        Wording(
            version="2",
            likeness=(
                "{person} is the person in this photo and agrees that it is animated by computer: "
                "the face will speak words that nobody said in front of a camera.",
                "The animated photo may be used in reels for {creator}, and only in those whose "
                "words were read and approved beforehand in this studio.",
            ),
            voice=(
                "{person} is the person in the voice recording and agrees that a synthetic voice "
                "is fitted to it and speaks those approved words.",
            ),
            elsewhere=True,
            footage=(
                "{person} is the person in the video and agrees that its mouth is made to move by "
                "computer, so that it speaks those approved words.",
            ),
            always=(
                "Every reel says that it is synthetic: by the platform's own mark where there is "
                "one, in its caption otherwise.",
                "This agreement covers exactly this photo and, where there are any, this "
                "recording and this video; a new one needs a new agreement. The files stay in "
                "this installation, but for those that are needed by a voice or a performer "
                "elsewhere that was chosen for a reel, and are used for nothing else.",
                "It can be revoked at any time, here, without giving a reason. From that moment "
                "nothing more is made or posted; what has been posted already must be taken down "
                "where it was posted.",
            ),
        ),
    )
}
CURRENT = WORDINGS["2"]
CURRENT_OF_VIDEO = WORDINGS["2-video"]  # where there is no photo


def current(*, has_photo: bool) -> Wording:
    """What is agreed to now."""
    return CURRENT if has_photo else CURRENT_OF_VIDEO
