"""manage.py post_status ID [--json]"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from publishing.management.commands.publish_reel import is_number
from publishing.models import Post
from publishing.posting import story


class Command(BaseCommand):
    help = "Say where a post stands, what was tried for it and what comes next."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID")
        parser.add_argument("--json", action="store_true", help="as data")

    def handle(self, *args: Any, **given: Any) -> None:
        posts = Post.objects.with_story()
        post = posts.filter(pk=int(given["id"])).first() if is_number(given["id"]) else None
        if post is None:
            raise CommandError(f"There is no post {given['id']}.", returncode=2)
        if given["json"]:
            self.stdout.write(json.dumps(story.data(post), ensure_ascii=False))
        else:
            self.stdout.write(story.told(post))
