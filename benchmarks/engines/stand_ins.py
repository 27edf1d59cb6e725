"""Open models on this machine, where nobody has weights: programs of the same interface, and small
networks with made-up weights that our own code loads and runs.
"""

from pathlib import Path

from benchmarks.publishing.house import ROOT
from tests.avatar.engine.performers.checkout import SCRIPTS, write_checkout
from tests.avatar.engine.speech.local.stand_ins import write_packages, write_piper
from tests.avatar.engine.wav2lip.weights import made_up_weights, write_checkpoint

# Says the text as the double's voices do.
SPEECH = f"""
import sys
sys.path.append({str(ROOT)!r})
import numpy as np
from studio.sandbox.vendors.sound import say
def samples(text, hz, rate):
    said = say(text)
    at = np.arange(0, len(said.samples), said.sample_rate / rate)
    return np.interp(at, range(len(said.samples)), said.samples / 32768).tolist()
"""
HEARD = " This is how it sounds when I talk."  # by our whisper, whatever it listens to


def written_into(folder: Path) -> dict[str, str]:
    """All of them. Returns the environment that names them."""
    folder.mkdir()
    found = write_piper(folder, SPEECH)
    python = str(write_packages(folder / "packages", SPEECH))
    found |= {"CHATTERBOX_PYTHON": python, "QWEN_TTS_PYTHON": python}
    for name in SCRIPTS:
        found |= write_checkout(name, folder / name, None, "make")
    found["WAV2LIP_CHECKPOINT"] = str(write_checkpoint(folder / "wav2lip.pth", made_up_weights()))
    found["WHISPER_MODEL"] = str(_write_whisper(folder / "whisper.pt"))
    return found


def _write_whisper(path: Path) -> Path:
    """A whisper of two small layers that hears HEARD in everything: each place of its answer
    points at one word, and nothing that it attends to changes that.
    """
    import torch
    from whisper.model import ModelDimensions, Whisper
    from whisper.tokenizer import get_tokenizer

    torch.manual_seed(1)
    width = 32
    model = Whisper(ModelDimensions(80, 1500, width, 2, 2, 51865, 448, width, 2, 2))
    tokenizer = get_tokenizer(multilingual=True, language="en", task="transcribe")
    start = tokenizer.timestamp_begin
    said = [start, *tokenizer.encode(HEARD), start + 100, tokenizer.eot]
    assert len(set(said)) == len(said) <= width
    decoder, first = model.decoder, len(tokenizer.sot_sequence) - 1
    with torch.no_grad():
        for block in decoder.blocks:
            assert block.cross_attn is not None
            for layer in (block.attn.out, block.cross_attn.out, block.mlp[2]):
                layer.weight.zero_()
                layer.bias.zero_()
        decoder.positional_embedding.zero_()
        decoder.token_embedding.weight.mul_(0.001)
        for place, token in enumerate(said):
            decoder.positional_embedding[first + place, place] = 50
            decoder.token_embedding.weight[token, place] = 5
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, path)
    return path
