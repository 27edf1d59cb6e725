"""What the demonstration talks about: itself, in sentences that are true of it."""

SIGN_OFF = "This was a synthetic demo: a photograph and a computer voice."

# pillar, title, text
NOTES = [
    (
        "talking photos",
        "How a photograph learns to talk",
        """Nobody was filmed for this reel: it is a synthetic demonstration, made from one photo.
The voice knows when each sound begins and when it ends, so the lips can follow.
For p, b and m the lips really close, because an open p is the first thing a viewer notices.
Vowels open the jaw, and a louder vowel opens it further.
Blinks come at the ends of phrases, as they do when people talk.
The head is never quite still, and it nods a little with the stress.
The mouth gets ready a moment before each sound, just as yours does.
All of this ran on the computer in front of you, without a key and without a graphics card.
The words on the screen light up as they are said.""",
    ),
    (
        "captions",
        "Why every reel needs captions",
        """Many people watch a reel with the sound off, so the words have to be on the screen.
A caption works best in short phrases of a few words each.
Every platform lays buttons and names over the edges of your video.
Captions stay inside the part of the picture that nothing covers.
Lighting up one word at a time keeps the eye where the voice is.
Burned-in words look the same everywhere, whatever font a phone has.
A subtitle file goes along as well, for people who use a screen reader or translate.
A caption that comes late is worse than no caption at all.
Two lines are plenty on a phone.""",
    ),
    (
        "approval",
        "Approve words instead of filming",
        """Filming one short video can eat an evening, but reading a script takes one minute.
The script comes first, and nothing is made until you say yes to it.
Your approval is for exactly the words you saw.
Change one word and the approval is gone, so nothing slips past you.
A script here is arranged from your own notes, and each sentence shows where it came from.
Once you approve, the voice, the picture and the captions are made for you.
The finished reel waits for a good hour and goes out once, never twice.
You can watch it before it leaves, and stop it with one tap.
Take your consent back, and everything that was queued stops.""",
    ),
]
