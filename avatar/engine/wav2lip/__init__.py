"""Wav2Lip: a mouth drawn for every frame of a photo or of footage, by the creator's own weights."""
