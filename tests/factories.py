"""The smallest valid graph of everything; traits for states."""

import datetime as dt
import hashlib
import json
from io import BytesIO

import factory
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from avatar.models import Charge, EngineKey, Reel, Take
from creators.models import Backdrop, Consent, Creator, Footage, Portrait, Voice
from publishing.models import Account, Post
from scripts_gen.models import Brief, Decision, Note, Pillar, Script, Slot

PHOTO = b"not a real photo; tests that look at pixels upload one"


def _jpeg() -> bytes:
    """A picture of 9 by 16."""
    kept = BytesIO()
    Image.new("RGB", (9, 16), "teal").save(kept, "JPEG")
    return kept.getvalue()


JPEG = _jpeg()
MP4 = b"not a real video; tests that look at frames render one"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"alice{n}")
    password = factory.django.Password("correct horse")


class CreatorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Creator

    owner = factory.SubFactory(UserFactory)
    name = "Alice Example"
    handle = factory.Sequence(lambda n: f"alice-{n}")
    topics = factory.LazyFunction(lambda: ["sourdough"])


class PortraitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Portrait

    creator = factory.SubFactory(CreatorFactory)
    image = factory.LazyFunction(lambda: ContentFile(PHOTO, "photo.png"))
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    width, height = 512, 600
    state = Portrait.State.READY


class BackdropFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Backdrop

    creator = factory.SubFactory(CreatorFactory)
    image = factory.LazyFunction(lambda: ContentFile(PHOTO, "wall.jpg"))
    preview = factory.LazyFunction(lambda: ContentFile(PHOTO, "small.jpg"))
    sha256 = hashlib.sha256(b"wall").hexdigest()
    width, height = 1600, 900


class FootageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Footage

    creator = factory.SubFactory(CreatorFactory)
    video = factory.LazyFunction(lambda: ContentFile(MP4, "me.mp4"))
    still = factory.LazyFunction(lambda: ContentFile(JPEG, "still.jpg"))
    sha256 = hashlib.sha256(MP4).hexdigest()
    state = Footage.State.READY
    report = factory.LazyFunction(
        lambda: {"duration_ms": 9000, "width": 1080, "height": 1920, "fps": 30.0}
    )


class VoiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Voice

    creator = factory.SubFactory(CreatorFactory)
    sample = factory.LazyFunction(lambda: ContentFile(b"not a real sound", "voice.wav"))
    sha256 = hashlib.sha256(b"not a real sound").hexdigest()
    state = Voice.State.READY


class ConsentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consent

    creator = factory.SubFactory(CreatorFactory)
    person = "Alice Example"
    wording_version = "2"
    likeness_sha256 = hashlib.sha256(PHOTO).hexdigest()
    given_by = factory.SelfAttribute("creator.owner")


class PillarFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pillar

    creator = factory.SubFactory(CreatorFactory)
    name = factory.Sequence(lambda n: f"Bread {n}")


class NoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Note

    creator = factory.SubFactory(CreatorFactory)
    title = "Why sourdough rises"
    text = (
        "Sourdough rises because wild yeast eats sugar and makes gas. "
        "The gluten holds that gas in bubbles. "
        "A warm kitchen makes the dough rise in four hours, a cold one needs all night. "
        "Feed your starter twelve hours before you bake."
    )


class SlotFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Slot

    creator = factory.SubFactory(CreatorFactory)
    date = factory.Sequence(lambda n: dt.date(2026, 12, 1) + dt.timedelta(days=n))


class BriefFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Brief

    slot = factory.SubFactory(SlotFactory)
    topic = "Why sourdough rises"


class ScriptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Script
        skip_postgeneration_save = True

    class Params:
        approved = factory.Trait(state=Script.State.APPROVED)

    slot = factory.SubFactory(SlotFactory)
    state = Script.State.PROPOSED
    hook = "Why does sourdough rise?"
    body = "Wild yeast eats sugar and makes gas. The gluten holds that gas in bubbles."
    call_to_action = "Feed your starter tonight."
    caption = "Why sourdough rises."
    hashtags = factory.LazyFunction(lambda: ["sourdough"])
    writer = "notes"
    estimated_ms = 9000

    @factory.post_generation
    def decision(self, create, extracted, **kwargs):
        if create and self.state == Script.State.APPROVED:
            Decision.objects.create(
                script=self,
                verdict=Decision.Verdict.APPROVED,
                text_sha256=self.text_sha256,
                decided_by=self.slot.creator.owner,
            )


class TakeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Take

    script = factory.SubFactory(ScriptFactory, approved=True)
    text_sha256 = factory.SelfAttribute("script.text_sha256")


class ReelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Reel

    class Params:
        ready = factory.Trait(
            state=Reel.State.READY,
            progress=1.0,
            video=factory.LazyFunction(lambda: ContentFile(MP4, "reel.mp4")),
            cover=factory.LazyFunction(lambda: ContentFile(JPEG, "cover.jpg")),
            srt=factory.LazyFunction(lambda: ContentFile(b"1\n", "reel.srt")),
            vtt=factory.LazyFunction(lambda: ContentFile(b"WEBVTT\n", "reel.vtt")),
            sha256=hashlib.sha256(MP4).hexdigest(),
            width=1080,
            height=1920,
            fps=30,
            duration_ms=9000,
            ready_at=factory.LazyFunction(timezone.now),
        )

    take = factory.SubFactory(TakeFactory)
    recipe_sha256 = factory.Sequence(lambda n: hashlib.sha256(b"recipe %d" % n).hexdigest())


class ChargeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Charge

    creator = factory.SubFactory(CreatorFactory)
    what, engine, account = "film", "sync:sync-3", "sync:0123456789ab"
    key = factory.Sequence(lambda n: hashlib.sha256(b"order %d" % n).hexdigest())
    state = "done"
    estimated_usd = 1


class EngineKeyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = EngineKey

    creator = factory.SubFactory(CreatorFactory)
    vendor, key, fingerprint = "sync", "sk-secret", "0123456789ab"


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account

    creator = factory.SubFactory(CreatorFactory)
    platform = "folder"
    external_id = factory.Sequence(lambda n: f"folder-{n}")
    name = "Folder"


class PostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Post

    reel = factory.SubFactory(ReelFactory, ready=True)
    account = factory.SubFactory(
        AccountFactory, creator=factory.SelfAttribute("..reel.take.script.slot.creator")
    )
    caption = "Why sourdough rises. #sourdough"
    due_at = factory.LazyFunction(timezone.now)
    state = Post.State.SCHEDULED
    approved_by = factory.SelfAttribute("account.creator.owner")
    approved_at = factory.LazyFunction(timezone.now)
    content_sha256 = factory.LazyAttribute(
        lambda post: hashlib.sha256(
            json.dumps([post.reel.sha256, post.caption]).encode()
        ).hexdigest()
    )
