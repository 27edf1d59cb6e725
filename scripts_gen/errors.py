"""What a person can be told when a script is not as they thought.

ScriptError
    Changed        the text is another one than the person saw; look again
    NotPossible    the script's state does not allow it

What goes wrong while writing is in scripts_gen.writing.errors.
"""


class ScriptError(Exception):
    """Base of all; its message is one sentence for the person who reads it."""


class Changed(ScriptError):  # named for what happened
    pass


class NotPossible(ScriptError):
    pass
