"""What other apps may hear from here. Each is sent after commit and carries an id."""

from django.dispatch import Signal

reel_ready = Signal()  # reel_id: int
reel_withdrawn = Signal()  # reel_id: int
