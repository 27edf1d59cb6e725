"""What a creator fills in to connect an account, and what they choose for it."""

from typing import Any

from django import forms

from publishing.platforms import hosts


class PasswordForm(forms.Form):
    """A platform that is connected by an app password (Bluesky)."""

    identifier = forms.CharField(
        label="Your name there", max_length=200, help_text="Like alice.bsky.social."
    )
    password = forms.CharField(
        label="App password",
        max_length=200,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=(
            "Made there under Settings, Privacy and security, App passwords. Not the password you"
            " sign in with; it is used once and not kept."
        ),
    )
    server = forms.CharField(
        label="Your server",
        max_length=200,
        required=False,
        help_text="Only if your account lives elsewhere.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hosts.sandbox():
            self.fields["identifier"].help_text = "In the sandbox: mira.demo or otto.demo."
            self.fields["password"].help_text = "In the sandbox: sandbox-password."


class ServerForm(forms.Form):
    """A platform of many servers (Mastodon)."""

    server = forms.CharField(
        label="Your server", max_length=200, help_text="Like mastodon.social, or @you@its.name."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hosts.is_double("MASTODON_URL"):
            self.fields["server"].initial = hosts.host("MASTODON_URL")


class MailForm(forms.Form):
    """Where the studio writes to when an account needs its owner."""

    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        help_text="One letter when an account must be connected again, or is about to. None: no"
        " letters.",
    )


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [name for name in self.fields if name != "min_gap_minutes"]
        self.order_fields([*own, "min_gap_minutes"])

    def options(self) -> dict[str, Any]:
        chosen = self.cleaned_data.items()
        return {name: value for name, value in chosen if value not in ("", None)}


def _choice(label: str, choices: list[tuple[str, str]], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, **more)


def _switch(label: str, **more: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **more)


class TikTokOptions(OptionsForm):
    """TikTok asks that who sees a post has no default and that nothing is ticked beforehand."""

    mode = _choice(
        "How reels arrive",
        [
            ("inbox", "In my TikTok inbox, where I finish the post"),
            ("direct", "Posted directly"),
        ],
        help_text="Direct posts of an app that TikTok has not audited are seen by nobody but you.",
    )
    privacy_level = _choice(
        "Who sees direct posts",
        [
            ("", "Choose"),
            ("PUBLIC_TO_EVERYONE", "Everybody"),
            ("FOLLOWER_OF_CREATOR", "Followers"),
            ("MUTUAL_FOLLOW_FRIENDS", "Friends"),
            ("SELF_ONLY", "Only me"),
        ],
        required=False,
        help_text="TikTok offers fewer to private accounts.",
    )
    allow_comment = _switch("Comments are allowed")
    allow_duet = _switch("Duets are allowed")
    allow_stitch = _switch("Stitches are allowed")
    brand_organic = _switch("It promotes my own brand")
    brand_content = _switch("It is paid by another brand")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("mode") == "direct" and not cleaned.get("privacy_level"):
            self.add_error("privacy_level", "Direct posts need this; TikTok allows no default.")
        if cleaned.get("brand_content") and cleaned.get("privacy_level") == "SELF_ONLY":
            self.add_error("privacy_level", "Branded content cannot be for yourself only.")
        return cleaned


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
