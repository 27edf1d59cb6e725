"""The sandbox: nine platforms and the vendors of voices and lip-sync on one port, as strict as the
real ones, for tests, demos and anyone without keys.

It listens on a real socket, downloads what it is told to download, keeps a clock of its own, and
can be told to fail. It knows no Django. A platform is a module with

    PREFIX    its first path segment, as in `platforms.hosts`
    ROUTES    `Route`s, or plain (method, regex, handler); the first that fits answers
    seed      optional: seed(sandbox) makes the accounts that exist from the beginning
    withdrawn optional: withdrawn(sandbox, account), what happens when somebody removes the app
    trouble   optional: trouble(call, status, seconds) -> Reply, how it words a 429 or a 5xx
    aside     optional: aside(sandbox) -> HTML, what the page shows of it below the posts

A handler takes a `Call` and returns a `Reply`, or raises `Refused` with one. Handlers run at the
same time; whoever reads and then writes holds `call.sandbox.lock`.

What is emulated and what is not: docs/sandbox.md.
"""

# Prefix -> module.
MODULES = {
    "instagram": "studio.sandbox.platforms.instagram",
    "facebook": "studio.sandbox.platforms.facebook",
    "threads": "studio.sandbox.platforms.threads",
    "tiktok": "studio.sandbox.platforms.tiktok",
    "youtube": "studio.sandbox.platforms.youtube",
    "linkedin": "studio.sandbox.platforms.linkedin",
    "x": "studio.sandbox.platforms.x",
    "bluesky": "studio.sandbox.platforms.bluesky",
    "mastodon": "studio.sandbox.platforms.mastodon",
}

# Vendors of voices and lip-sync; theirs have no accounts and no audience. studio/sandbox/vendors.
VENDORS: dict[str, str] = {
    "sync": "studio.sandbox.vendors.sync",
    "wavespeed": "studio.sandbox.vendors.wavespeed",
    "fal": "studio.sandbox.vendors.fal",
    "fal-storage": "studio.sandbox.vendors.fal_storage",
    "replicate": "studio.sandbox.vendors.replicate",
    "hedra": "studio.sandbox.vendors.hedra",
    "heygen": "studio.sandbox.vendors.heygen",
    "kling": "studio.sandbox.vendors.kling",
    "pixverse": "studio.sandbox.vendors.pixverse",
    "elevenlabs": "studio.sandbox.vendors.elevenlabs",
    "minimax": "studio.sandbox.vendors.minimax",
    "dashscope": "studio.sandbox.vendors.dashscope",
    "resemble": "studio.sandbox.vendors.resemble",
    "resemble-app": "studio.sandbox.vendors.resemble_app",
    "openai": "studio.sandbox.vendors.openai",
    "speech": "studio.sandbox.vendors.speech",
}
