"""What became of a post: its counts at certain ages."""

import datetime as dt
from typing import Self

from django.db import models

from publishing.models.posts import Post
from studio.lib.owned import OwnedQuerySet

LATE_INSIGHT = dt.timedelta(hours=6)  # views of a day grow by a few per cent in so long


class InsightQuerySet(OwnedQuerySet["Insight"]):
    owner = "post__account__creator__owner"

    def taken(self) -> Self:
        return self.filter(state=Insight.State.TAKEN)

    def of_a_day(self) -> Self:
        """Counts of the first 24 hours, taken close enough to their end to be compared."""
        late = models.F("post__published_at") + dt.timedelta(hours=24) + LATE_INSIGHT
        return self.taken().filter(age_h=24, taken_at__lte=late)


class Insight(models.Model):
    """The counts of a post at one of the ages at which all posts are compared.

    A count that is None: the platform does not say.
    """

    class State(models.TextChoices):
        ASKED = "asked", "asked for"
        TAKEN = "taken", "taken"
        REFUSED = "refused", "not to be had"

    post = models.ForeignKey(Post, models.CASCADE, related_name="insights")
    age_h = models.PositiveSmallIntegerField()  # 1, 24, 72 or 168
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)  # why it is not taken, in words
    taken_at = models.DateTimeField(null=True, blank=True)  # when truly; see `is_late`
    views = models.PositiveBigIntegerField(null=True)
    reach = models.PositiveBigIntegerField(null=True)
    likes = models.PositiveBigIntegerField(null=True)
    comments = models.PositiveBigIntegerField(null=True)
    shares = models.PositiveBigIntegerField(null=True)
    saves = models.PositiveBigIntegerField(null=True)
    watched_ms = models.PositiveBigIntegerField(null=True)
    average_watch_ms = models.PositiveBigIntegerField(null=True)
    followers = models.PositiveBigIntegerField(null=True)  # of the account, at that time

    objects = InsightQuerySet.as_manager()

    class Meta:
        ordering = ["post", "age_h"]
        constraints = [
            models.UniqueConstraint(fields=["post", "age_h"], name="insight_once_an_age")
        ]

    def __str__(self) -> str:
        return f"post {self.post_id} after {self.age_h} h: {self.views} views"

    @property
    def is_late(self) -> bool:
        """Taken too long after its age to stand beside others of that age."""
        out, age = self.post.published_at, dt.timedelta(hours=self.age_h)
        return bool(self.taken_at and out and self.taken_at > out + age + LATE_INSIGHT)
