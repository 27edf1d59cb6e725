"""Accounts (accounts.py), posts on their way there (posts.py), their counts (insights.py)."""

from publishing.models.accounts import Account, Deletion, Login, Notice, Webhook
from publishing.models.insights import Insight
from publishing.models.posts import (
    BEGUN,
    HELD,
    ON_ITS_WAY,
    OVER,
    STOPPABLE,
    UNDER_WAY,
    Attempt,
    MediaLink,
    Post,
    new_key,
)

__all__ = [
    "BEGUN",
    "HELD",
    "ON_ITS_WAY",
    "OVER",
    "STOPPABLE",
    "UNDER_WAY",
    "Account",
    "Attempt",
    "Deletion",
    "Insight",
    "Login",
    "MediaLink",
    "Notice",
    "Post",
    "Webhook",
    "new_key",
]
