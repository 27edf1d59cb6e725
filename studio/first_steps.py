"""What a creator has and lacks, and the way from an empty installation to the first reel."""

from dataclasses import dataclass

from django.urls import reverse

from avatar import services as avatar
from avatar.choices import FOOTAGE
from creators.models import Creator, Footage, Portrait
from publishing.models import Account
from scripts_gen.models import Decision, Note, Script, Slot
from studio.lib import words
from studio.lib.owned import User


@dataclass(frozen=True)
class Standing:
    """A creator, and what stands ready for them."""

    creator: Creator
    newest_photo: Portrait | None
    newest_video: Footage | None
    has_face: bool  # a photo or a video that passed its check
    has_consent: bool  # to those very files, and to the voice that would be used
    has_account: bool


@dataclass(frozen=True)
class Step:
    """One step from an empty installation to the first reel."""

    text: str
    why: str
    action: str
    href: str
    done: bool = False


def standings(user: User) -> list[Standing]:
    """Every creator of the user with what they have, the first one first."""
    mine = Creator.objects.for_user(user)
    agreed = set(mine.agreed().values_list("pk", flat=True))
    creators = mine.order_by("created_at", "pk").prefetch_related(
        "portraits", "footages", "accounts"
    )
    return [_standing(creator, creator.pk in agreed) for creator in creators]


def _standing(creator: Creator, has_consent: bool) -> Standing:
    photos, videos = list(creator.portraits.all()), list(creator.footages.all())  # newest first
    gone = Account.State.DISCONNECTED
    return Standing(
        creator,
        newest_photo=photos[0] if photos else None,
        newest_video=videos[0] if videos else None,
        has_face=any(photo.state == Portrait.State.READY for photo in photos)
        or any(video.state == Footage.State.READY for video in videos),
        has_consent=has_consent,
        has_account=any(account.state != gone for account in creator.accounts.all()),
    )


def first_steps(user: User, first: Standing | None, n_scripts: int) -> list[Step]:
    """The way to the first reel, for the first creator; none once a script was ever approved.

    n_scripts: how many wait to be read.
    """
    if _has_approved(user):
        return []
    has_notes = Note.objects.for_user(user).exists()
    has_slots = Slot.objects.for_user(user).planned().exists()
    return [
        Step(
            "Say who is on stage",
            "A name, a language, a time zone.",
            "Create the creator",
            reverse("creator-create"),
            done=first is not None,
        ),
        face_step(first),
        *_performer_step(first),
        Step(
            "Agree to it, or have it agreed",
            "No consent, no reel. It can be taken back at any time.",
            "Record the consent",
            room(first, "agreement"),
            done=bool(first and first.has_consent),
        ),
        Step(
            "Choose where reels go",
            "A folder on this machine is enough to begin with.",
            "Choose a place",
            reverse("account-list"),
            done=bool(first and first.has_account),
        ),
        Step(
            "Write down what you know",
            "Notes and sources: scripts are made of nothing else.",
            "Write a note",
            reverse("note-create"),
            done=has_notes,
        ),
        Step(
            "Plan the week",
            "Days and times of day; scripts are written for them.",
            "Plan a week",
            reverse("slot-list"),
            done=has_slots,
        ),
        _script_step(n_scripts),
    ]


def _script_step(n_scripts: int) -> Step:
    text = "Approve a script"
    if not n_scripts:
        return Step(
            text, "First it is written, in the calendar.", "Have one written", reverse("slot-list")
        )
    why = "Then it is spoken, performed and queued without you."
    return Step(text, why, f"Read {words.count(n_scripts, 'script')}", reverse("script-list"))


def _performer_step(first: Standing | None) -> list[Step]:
    """Only where there is a video and no photo: the usual performer moves photos."""
    if first is None or not first.has_face:
        return []
    if any(photo.state == Portrait.State.READY for photo in first.creator.portraits.all()):
        return []
    return [
        Step(
            "Choose who makes the video speak",
            "The puppet moves photos only; others take a video.",
            "Choose who performs",
            reverse("look-update", args=[first.creator.pk]),
            done=avatar.look(first.creator)["source"] == FOOTAGE,
        )
    ]


def _has_approved(user: User) -> bool:
    return Decision.objects.filter(
        script__in=Script.objects.for_user(user).written(), verdict=Decision.Verdict.APPROVED
    ).exists()


def face_step(standing: Standing | None) -> Step:
    """From nothing to a photo that can perform, or to a video that can be made to speak."""
    text = "Add one photo, or a video"
    if standing is None or (photo := standing.newest_photo) is None or _video_counts(standing):
        return _video_step(standing, text)
    why, action = {
        Portrait.State.CHECKING: ("It is being looked at; a few seconds.", "See the photo"),
        Portrait.State.CHOOSE: ("Several faces are in it: say which one.", "Choose the face"),
        Portrait.State.READY: ("It is ready to perform.", "See the photo"),
        Portrait.State.REFUSED: ("That photo cannot be used; see why.", "See what is wrong"),
    }[Portrait.State(photo.state)]
    return Step(text, why, action, room(standing, "photo"), done=standing.has_face)


def _video_counts(standing: Standing) -> bool:
    """Whether the photo cannot be used, and the video can or is still looked at."""
    photo, video = standing.newest_photo, standing.newest_video
    is_refused = photo is not None and photo.state == Portrait.State.REFUSED
    return is_refused and video is not None and video.state != Footage.State.REFUSED


def _video_step(standing: Standing | None, text: str) -> Step:
    """The same where there is no photo that counts."""
    video = standing.newest_video if standing else None
    if standing is None or video is None:
        why = "The face to the camera, even light, nothing over the mouth."
        return Step(text, why, "Add a photo", room(standing, "photo"))
    why, action = {
        Footage.State.CHECKING: ("It is being looked at; a few seconds.", "See the video"),
        Footage.State.READY: ("It is ready to be made to speak.", "See the video"),
        Footage.State.REFUSED: ("That video cannot be used; see why.", "See what is wrong"),
    }[Footage.State(video.state)]
    return Step(text, why, action, room(standing, "footage"), done=standing.has_face)


def room(standing: Standing | None, part: str) -> str:
    """The part of a creator's page; before there is a creator, where one is made."""
    if standing is None:
        return reverse("creator-create")
    return reverse("creator-detail", args=[standing.creator.pk]) + f"#{part}"
