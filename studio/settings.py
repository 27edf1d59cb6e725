"""All settings, read once from the environment and `.env`; `.env.example` lists them."""

import contextlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import font_manrope
from cryptography.fernet import Fernet

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

# Everything this installation keeps: database, media, posted reels, secret key.
DATA_DIR = Path(env.str("UNDERSTUDY_DATA", default=str(BASE_DIR / "data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _own_secret(name: str, fresh_value: Callable[[], str]) -> str:
    """A secret of this installation, made on first use so that two commands are enough."""
    path = DATA_DIR / name
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(fresh_value())
        with contextlib.suppress(FileExistsError):  # another process was quicker: its key counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text().strip()


def _fernet_key() -> str:
    return Fernet.generate_key().decode()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _own_secret(
    "secret_key", lambda: secrets.token_urlsafe(50)
)
# Lock the tokens of connected accounts; the first locks, all unlock. See studio.lib.encrypted.
TOKEN_KEYS = env.list("TOKEN_KEYS", default=[]) or [_own_secret("token_key", _fernet_key)]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "template_partials",
    "studio.lib",
    "creators",
    "scripts_gen",
    "avatar",
    "publishing",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "studio.lib.security.content_security_policy",
    "studio.lib.requests.utf8_forms",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
ASGI_APPLICATION = "studio.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "studio.lib.templatetags.studio",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # a writer queues at once instead of failing half-way
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Counts wrong passwords. In files, not in Redis: the door opens also when Redis is down.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 3000},  # a flood of names must not push out who is locked out
    }
}

MEDIA_ROOT = DATA_DIR / "media"
S3_BUCKET = env.str("S3_BUCKET", default="")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "studio.lib.uploads.LimitTotal",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "studio.lib.uploads.ToDisk",
]
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "arriving"  # on the disk of the media; /tmp may be memory
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

STATIC_URL = "static/"
STATICFILES_DIRS = [
    BASE_DIR / "studio" / "static",
    ("fonts", Path(font_manrope.__file__).parent / "files"),
]
WHITENOISE_USE_FINDERS = True  # no collectstatic step between clone and run
WHITENOISE_MAX_AGE = 60  # names carry no version, so an upgrade must show within a minute

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

HTTPS = env.bool("HTTPS", default=False)  # set behind a TLS proxy
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_AGE = 90 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# How the outside reaches this installation, without a slash at its end.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
if PUBLIC_URL and (_public_host := urlsplit(PUBLIC_URL).hostname):
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, _public_host]
WEB_PORT = env.int("WEB_PORT", default=8000)  # as in the Procfile

# One e-mail an incident with an account, to the creator's owner; none without it.
EMAIL_URL = env.str("EMAIL_URL", default="")
_email = env.email_url("EMAIL_URL", default="dummymail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"] or "localhost", _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="understudy@localhost")

REDIS_URL = env.str("REDIS_URL", default="")

# The queue is a wake-up call, the database is the truth: the queue tries a task once, and our own
# rows decide about a second time. `retry` is above `timeout` plus the wait inside the cluster, or
# a task runs twice.
Q_CLUSTER: dict[str, Any] = {
    "name": "default",
    "workers": 2,
    "timeout": 120,
    "retry": 300,
    "queue_limit": 4,
    "bulk": 1,
    "catch_up": False,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": 50,
    "poll": 0.5,
    "scheduler": False,
    "label": "Understudy",
    "log_level": "WARNING",
    "ALT_CLUSTERS": {
        # An upload of 100 MB over a slow line takes a quarter of an hour.
        "publish": {
            "workers": env.int("PUBLISH_WORKERS", default=2),
            "timeout": 1200,
            "retry": 2700,
            "queue_limit": 2,
        },
        "render": {
            "workers": env.int("RENDER_WORKERS", default=1),
            "timeout": 3600,
            "retry": 7500,
            "queue_limit": 1,
            "recycle": 1,  # a render leaves no memory behind
        },
    },
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django-q": {"level": "WARNING"}},  # or a line a job, twice
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

# Writing: the notes writer, or any OpenAI-compatible server.
WRITER = env.str("WRITER", default="notes")
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-4o-mini")

# What engines over the network may cost a creator in a month (USD), where they set no other sum.
ENGINE_BUDGET_USD = env.float("ENGINE_BUDGET_USD", default=20)

# Where the folder platform puts what it posts.
POSTED_DIR = Path(env.str("POSTED_DIR", default=str(DATA_DIR / "posted")))
