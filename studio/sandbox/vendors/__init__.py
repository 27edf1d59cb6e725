"""Doubles of the vendors of lip-sync and voices.

They have keys instead of accounts, jobs instead of posts, and they charge: every order is on
record, so that a second one for the same thing shows.

    common   the key at the door, words for what is wrong, orders, idempotency
    files    uploads, and files that somebody else's address gives
    media    what comes out: real films and sounds, made with ffmpeg
    models   what a model takes, as rows of a table
    jobs     from the order to the result, by the sandbox's clock
    making   what a job makes, and why it may not
    results  temporary addresses of what was made, and all that can be wrong with it
    hooks    webhooks with their signatures
    sound    speech, and when each of its characters sounds (`espeak` is the program that speaks)
    audio    sound files: written in any format, and read
    hearing  transcripts and alignment: what the doubles understand of speech
"""
