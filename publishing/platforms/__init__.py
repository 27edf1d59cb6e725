"""One client a platform. They know no Django: connections, files and text in, outcomes out."""

from importlib import import_module

from publishing.platforms.base import Platform

PLATFORMS = {
    "folder": "publishing.platforms.folder:FolderPlatform",
}


def platform(name: str) -> type[Platform]:
    """The client class registered as `name`. Raises KeyError for a name that is not."""
    module, _, cls = PLATFORMS[name].partition(":")
    found: type[Platform] = getattr(import_module(module), cls)
    return found
