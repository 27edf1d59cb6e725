"""What a creator chooses for an account, or for one post of it, a form a platform."""

from typing import Any

from django import forms

from publishing.accounts.creator_info import Told

LONGEST_GAP_MIN = 7 * 24 * 60


class OptionsForm(forms.Form):
    """What holds for every post to an account. `options()` is what its client reads."""

    min_gap_minutes = forms.IntegerField(
        label="Minutes between two posts",
        required=False,
        min_value=1,
        max_value=LONGEST_GAP_MIN,
        help_text="However they were planned; the later one waits. Empty: none are kept.",
    )

    def __init__(
        self,
        *args: Any,
        told: Told | None = None,
        duration_ms: int | None = None,
        **kwargs: Any,
    ) -> None:
        """told: what the platform says may be chosen; None where it is not asked.
        duration_ms: of the reel that the choices are for.
        """
        super().__init__(*args, **kwargs)
        self.told, self.duration_ms = told, duration_ms
        self.asked_at = ""  # where the platform is asked before this form can be filled in
        own = [name for name in self.fields if name != "min_gap_minutes"]
        self.order_fields([*own, "min_gap_minutes"])

    def options(self) -> dict[str, Any]:
        chosen = self.cleaned_data.items()
        return {name: value for name, value in chosen if value not in ("", None)}


def _choice(label: str, choices: list[tuple[str, str]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, **more)


def _switch(label: str, **more: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **more)


AUDIENCES = {
    "PUBLIC_TO_EVERYONE": "Everybody",
    "FOLLOWER_OF_CREATOR": "Followers",
    "MUTUAL_FOLLOW_FRIENDS": "Friends",
    "SELF_ONLY": "Only me",
}


NOTHING_NEW = "Nothing new can be chosen for direct posts before TikTok says what it allows."


class TikTokOptions(OptionsForm):
    """TikTok asks that who sees a post has no default, that nothing is ticked beforehand, and that
    only what it offers this creator today can be chosen.
    """

    mode = _choice(
        "How reels arrive",
        [
            ("inbox", "In my TikTok inbox, where I finish the post"),
            ("direct", "Posted directly"),
        ],
        help_text="Direct posts of an app that TikTok has not audited are seen by nobody but you."
        " By posting directly you agree to TikTok's Music Usage Confirmation, and for paid posts"
        " to its Branded Content Policy.",
    )
    privacy_level = _choice(
        "Who sees direct posts", [("", "Choose"), *AUDIENCES.items()], required=False
    )
    allow_comment = _switch("Comments are allowed")
    allow_duet = _switch("Duets are allowed")
    allow_stitch = _switch("Stitches are allowed")
    brand_organic = _switch("It promotes my own brand")
    brand_content = _switch("It is paid by another brand")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        creator = self.told.creator if self.told else None
        if creator is None:
            return
        field: Any = self.fields["privacy_level"]
        offered = [(level, AUDIENCES.get(level, level)) for level in creator.audiences]
        field.choices = [("", "Choose"), *offered]
        field.error_messages["invalid_choice"] = "TikTok does not offer this audience here."
        for what in creator.switched_off:
            switch = self.fields[f"allow_{what}"]
            switch.disabled, self.initial[f"allow_{what}"] = True, False
            switch.help_text = "Switched off in your TikTok settings."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("mode") != "direct":
            return cleaned
        self._clean_with_creator()
        if not cleaned.get("privacy_level") and "privacy_level" not in self.errors:
            self.add_error("privacy_level", "Direct posts need this; TikTok allows no default.")
        if cleaned.get("brand_content") and cleaned.get("privacy_level") == "SELF_ONLY":
            self.add_error("privacy_level", "Branded content cannot be for yourself only.")
        return cleaned

    @property
    def too_long(self) -> str:
        """That the reel is, in a sentence."""
        longest_ms = self.told.creator.longest_ms if self.told and self.told.creator else None
        if longest_ms is None or (self.duration_ms or 0) <= longest_ms:
            return ""
        return f"TikTok takes {longest_ms // 1000} s at most from this account."

    def _clean_with_creator(self) -> None:
        """What was chosen earlier stays chosen while TikTok does not answer; nothing else is."""
        if self.told is None:
            return
        if self.told.creator is None:
            if set(self.changed_data) - {"min_gap_minutes"}:
                self.add_error("mode", NOTHING_NEW)
            return
        if self.too_long:
            self.add_error("mode", self.too_long)


class YouTubeOptions(OptionsForm):
    privacy = _choice(
        "Who sees it",
        [("public", "Everybody"), ("unlisted", "Whoever has the link"), ("private", "Only me")],
    )
    category_id = _choice(
        "Category",
        [
            ("22", "People and blogs"),
            ("26", "How to and style"),
            ("27", "Education"),
            ("28", "Science and technology"),
            ("24", "Entertainment"),
            ("23", "Comedy"),
            ("25", "News and politics"),
            ("17", "Sports"),
            ("20", "Gaming"),
            ("10", "Music"),
            ("19", "Travel and events"),
            ("15", "Pets and animals"),
            ("1", "Film and animation"),
            ("2", "Cars"),
        ],
    )
    made_for_kids = _switch("It is made for children")
    notify_subscribers = _switch("Subscribers are told", initial=True)


class InstagramOptions(OptionsForm):
    share_to_feed = _switch("It shows in the feed as well", initial=True)
    trial = _choice(
        "Try it on people who do not follow me first",
        [
            ("", "No"),
            ("MANUAL", "Yes, and I decide what becomes of it"),
            ("SS_PERFORMANCE", "Yes, and it goes to everybody when it does well"),
        ],
        required=False,
        help_text="A trial reel; Instagram offers it to some accounts.",
    )


class MastodonOptions(OptionsForm):
    visibility = _choice(
        "Who sees it",
        [("public", "Everybody"), ("unlisted", "Everybody, quietly"), ("private", "Followers")],
    )


class XOptions(OptionsForm):
    reply_settings = _choice(
        "Who may answer",
        [
            ("", "Everybody"),
            ("following", "Whom I follow"),
            ("mentionedUsers", "Whom I mention"),
            ("subscribers", "Subscribers"),
            ("verified", "Verified accounts"),
        ],
        required=False,
    )


class LinkedInOptions(OptionsForm):
    visibility = _choice(
        "Who sees it", [("PUBLIC", "Everybody"), ("CONNECTIONS", "My connections")]
    )


OPTIONS: dict[str, type[OptionsForm]] = {
    "tiktok": TikTokOptions,
    "youtube": YouTubeOptions,
    "instagram": InstagramOptions,
    "instagram_facebook": InstagramOptions,
    "mastodon": MastodonOptions,
    "x": XOptions,
    "linkedin": LinkedInOptions,
}


def options_form(platform: str) -> type[OptionsForm]:
    """The choices that an account of that platform has."""
    return OPTIONS.get(platform, OptionsForm)


# What a post or an account may choose besides, without a form for it: see each client.
BESIDE: dict[str, set[str]] = {
    "folder": set(),
    "instagram": {"collaborators", "location_id", "cover_ms"},
    "instagram_facebook": {"collaborators", "location_id", "cover_ms"},
    "facebook": set(),
    "tiktok": {"cover_ms"},
    "youtube": {"publish_at"},
    "threads": {"reply_control", "topic_tag"},
    "linkedin": set(),
    "x": set(),
    "bluesky": set(),
    "mastodon": set(),
}


def unknown_option(platform: str, name: str) -> str:
    """Why there is no such choice, in a sentence; empty when there is. A misspelt one would
    otherwise be passed over, and a post meant for few be seen by everybody.
    """
    known = {*options_form(platform).base_fields, *BESIDE.get(platform, {name})}
    if name in known:
        return ""
    return f"There is no option {name[:60]} here; there are {', '.join(sorted(known))}."
