"""What other apps may hear from here. Each is sent after commit and carries an id."""

from django.dispatch import Signal

portrait_added = Signal()  # portrait_id: int
voice_added = Signal()  # voice_id: int
footage_added = Signal()  # footage_id: int
consent_revoked = Signal()  # creator_id: int
