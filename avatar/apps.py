from django.apps import AppConfig


class AvatarConfig(AppConfig):
    name = "avatar"

    def ready(self) -> None:
        from avatar import checks, receivers  # noqa: F401
