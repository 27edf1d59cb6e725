"""Performers that run on this machine."""

from studio.lib.engines import Engine, Kind, Option

COMMAND = "avatar.engine.performers.command:CommandPerformer"

PUPPET = Engine(
    name="puppet",
    kind=Kind.PERFORMER,
    label="Puppet",
    path="avatar.engine.face.puppet:Puppet",
    inputs=("image*", "audio*"),
    licence="part of Understudy",
    note="runs on this machine, without weights or keys",
)

WAV2LIP = Engine(
    name="wav2lip",
    kind=Kind.PERFORMER,
    label="Wav2Lip",
    path="avatar.engine.performers.wav2lip:Wav2LipPerformer",
    rows=("18",),
    inputs=("video", "image", "audio*"),
    options={
        "strength": Option(1.0, low=0, high=1, about="how much of the new mouth is laid over"),
        "sharpen": Option(0.5, low=0, high=1, about="how much of the blur is taken back"),
        "pad_top": Option(0, low=-500, high=500, about="px beyond the face"),
        "pad_bottom": Option(10, low=-500, high=500, about="px beyond the face, for the chin"),
        "pad_left": Option(0, low=-500, high=500, about="px beyond the face"),
        "pad_right": Option(0, low=-500, high=500, about="px beyond the face"),
        "face_index": Option(low=0, high=50, about="which face, from 0 at the left", whole=True),
        "batch": Option(low=1, high=256, about="frames that are drawn at once", whole=True),
    },
    sizes="the source's own; the mouth is 96 px",
    licence="the weights: research and other non-commercial use only",
    needs=("WAV2LIP_CHECKPOINT",),
    note="runs on this machine with weights of your own: wav2lip.pth or wav2lip_gan.pth",
)

LATENTSYNC = Engine(
    name="latentsync",
    kind=Kind.PERFORMER,
    label="LatentSync",
    path=COMMAND,
    rows=("19",),
    inputs=("video*", "audio*"),
    options={
        "checkpoint": Option("checkpoints/latentsync_unet.pt", about="in its checkout"),
        "unet_config": Option("configs/unet/stage2.yaml", about="in its checkout"),
        "inference_steps": Option(20, low=1, high=100, about="more are slower and cleaner"),
        "guidance_scale": Option(1.0, low=1, high=3, about="how closely lips follow the sound"),
        "seed": Option(1247, low=0, high=2**31 - 1, about="the same number gives the same film"),
        "deepcache": Option(True, about="quicker"),
    },
    licence="Apache-2.0 (code)",
    needs=("LATENTSYNC_HOME", "LATENTSYNC_PYTHON"),
    note="runs on this machine in its own environment; a GPU is needed",
)

MUSETALK = Engine(
    name="musetalk",
    kind=Kind.PERFORMER,
    label="MuseTalk",
    path=COMMAND,
    rows=("19",),
    inputs=("video", "image", "audio*"),
    options={
        "checkpoint": Option("models/musetalkV15/unet.pth", about="in its checkout"),
        "version": Option("v15", ("v1", "v15")),
        "bbox_shift": Option(0, low=-20, high=20, about="px; opens the mouth more or less"),
        "fps": Option(25, low=10, high=60),
        "batch_size": Option(8, low=1, high=64),
        "float16": Option(True, about="half the memory"),
    },
    licence="MIT (code)",
    needs=("MUSETALK_HOME", "MUSETALK_PYTHON"),
    note="runs on this machine in its own environment; a GPU is needed",
)

SADTALKER = Engine(
    name="sadtalker",
    kind=Kind.PERFORMER,
    label="SadTalker",
    path=COMMAND,
    rows=("19",),
    inputs=("image*", "audio*"),
    options={
        "preprocess": Option("full", ("crop", "extcrop", "resize", "full", "extfull")),
        "size": Option(256, low=256, high=512, about="px of the face"),
        "still": Option(True, about="less movement of the head"),
        "enhance": Option(False, about="a sharper face (gfpgan)"),
    },
    licence="Apache-2.0",
    needs=("SADTALKER_HOME", "SADTALKER_PYTHON"),
    note="runs on this machine in its own environment",
)

LOCAL = (PUPPET, WAV2LIP, LATENTSYNC, MUSETALK, SADTALKER)
