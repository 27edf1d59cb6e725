"""Voices over the network as their shared test sees them."""

from dataclasses import dataclass

from avatar.engine.registry import find
from avatar.engine.vendors.access import VENDORS
from studio.lib.engines import Engine, Kind
from studio.sandbox import VENDORS as DOUBLES

# What tests.studio.sandbox.vendors.samples says in 16 seconds, as far as that gets.
SAMPLE_TEXT = "This is how I speak, and this is how long it takes me. " * 4


@dataclass(frozen=True)
class Case:
    """name: of the engine. speaks: a regex for the path that speech is ordered at; clones: where
    a voice is. has_times: of its words. finds: a clone whose answer was lost.
    """

    name: str
    speaks: str
    clones: str = ""
    has_times: bool = False
    finds: bool = False
    needs_sample: bool = False
    wrong_key: str = "nobody's"
    sample_text: str = ""  # where the vendor wants to know it

    @property
    def engine(self) -> Engine:
        return find(self.name, Kind.VOICE)

    @property
    def key_name(self) -> str:
        return VENDORS[self.engine.vendor].key

    @property
    def platform(self) -> str:
        """The first segment of the path that speech goes to."""
        hosts = VENDORS[self.engine.vendor].hosts
        return next(iter(hosts.values())).prefix.split("/")[0]

    @property
    def has_double(self) -> bool:
        return self.platform in DOUBLES


ELEVENLABS = [
    Case(
        f"elevenlabs:{model}",
        "text-to-speech",
        "voices/add",
        has_times=True,
        finds=True,
    )
    for model in ("eleven_v3", "eleven_multilingual_v2", "eleven_flash_v2_5")
]
CASES = [
    case
    for case in (
        *ELEVENLABS,
        Case("minimax:speech-2.8-hd", "t2a_v2", "voice_clone", has_times=True, finds=True),
        Case(
            "dashscope:qwen3-tts-vc-2026-01-22",
            "multimodal-generation",
            "customization",
            finds=True,
            needs_sample=True,
        ),
        Case("dashscope:qwen3-tts-flash", "multimodal-generation"),
        Case("dashscope:qwen3-tts-instruct-flash", "multimodal-generation"),
        Case(
            "resemble:chatterbox-pro",
            "synthesize",
            "voices",
            has_times=True,
            finds=True,
            sample_text=SAMPLE_TEXT,
        ),
        Case("speech", "audio/speech"),
    )
    if case.has_double
]
# What is the vendor's doing, whichever of its models speaks, is asked of one of them.
ONE_EACH = list({case.platform: case for case in reversed(CASES)}.values())
CLONING = [case for case in ONE_EACH if case.clones]
