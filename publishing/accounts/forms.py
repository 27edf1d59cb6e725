"""What a creator fills in to connect an account."""

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
