"""What other apps may hear from here. Each is sent after commit and carries an id."""

from django.dispatch import Signal

script_approved = Signal()  # script_id: int
approval_withdrawn = Signal()  # script_id: int
