from django.apps import AppConfig


class AvatarConfig(AppConfig):
    name = "avatar"

    def ready(self) -> None:
        from avatar import receivers  # noqa: F401
