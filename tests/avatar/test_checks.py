import imageio_ffmpeg

from avatar import checks


def test_a_complete_machine_has_nothing_to_say():
    assert checks.ffmpeg_is_there() == []
    assert checks.packages_are_there() == []


def test_a_missing_package_is_named_with_a_hint(monkeypatch):
    real = checks.find_spec
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name == "torch" else real(name))
    (warning,) = checks.packages_are_there()
    assert "torch" in warning.msg
    assert warning.hint


def test_a_missing_ffmpeg_is_an_error(monkeypatch):
    def missing():
        raise RuntimeError

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    (error,) = checks.ffmpeg_is_there()
    assert "IMAGEIO_FFMPEG_EXE" in error.hint


def test_the_secret_that_keeps_a_vendor_silent_is_named(settings, monkeypatch):
    monkeypatch.setenv("SYNC_API_KEY", "key")
    assert checks.webhooks_can_be_told_apart() == []
    settings.PUBLIC_URL = "https://reels.example.org"
    (info,) = checks.webhooks_can_be_told_apart()
    assert "SYNC_WEBHOOK_SECRET is not set" in info.msg
    monkeypatch.setenv("SYNC_WEBHOOK_SECRET", "whsec_x")
    assert checks.webhooks_can_be_told_apart() == []
