from django.apps import AppConfig


class StudioLibConfig(AppConfig):
    name = "studio.lib"
    label = "studio"
    verbose_name = "Studio"
