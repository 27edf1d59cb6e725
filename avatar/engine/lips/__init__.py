"""From phones and sound to movement."""
