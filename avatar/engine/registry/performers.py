"""Performers: what turns a photo or footage, and a voice-over, into a film of somebody talking."""

from studio.lib.engines import Engine, Kind

PUPPET = Engine(
    name="puppet",
    kind=Kind.PERFORMER,
    label="Puppet",
    path="avatar.engine.face.puppet:Puppet",
    inputs=("image*", "audio*"),
    licence="part of Understudy",
    note="runs on this machine, without weights or keys",
)

PERFORMERS: tuple[Engine, ...] = (PUPPET,)
