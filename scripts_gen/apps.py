from django.apps import AppConfig


class ScriptsGenConfig(AppConfig):
    name = "scripts_gen"
    verbose_name = "Scripts"
