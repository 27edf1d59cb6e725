"""How the sandbox's pages look. They load nothing from elsewhere."""

import html

STYLE = """
:root { color-scheme: light dark;
  --stage: light-dark(#f4f2ee, #121110); --paper: light-dark(#fffefb, #1c1a18);
  --raised: light-dark(#eae6df, #2a2723); --ink: light-dark(#1d1a16, #f2ede3);
  --soft: light-dark(#5c564d, #b5ada0); --line: light-dark(#dad4c9, #39342e);
  --edge: light-dark(#888075, #7c7467); --light: light-dark(#a3201c, #ffcb57);
  --on-light: light-dark(#fffefb, #211700); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 1.5rem 1rem 4rem; background: var(--stage);
  color: var(--ink); font: 1rem/1.5 Manrope, system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
body.narrow { max-width: 30rem; }
h1 { font-size: 1.9375rem; line-height: 1.2; margin: 0 0 .5rem; }
h1 small { font-weight: 400; color: var(--soft); font-size: .6em; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; border-top: 1px solid var(--line);
  padding-top: 1rem; }
h2 small, .soft { color: var(--soft); font-weight: 400; font-size: .8125rem; }
p { max-width: 66ch; margin: .25rem 0 .75rem; }
code, time { font-family: ui-monospace, monospace; font-size: .875em; }
label { display: block; }
label.choice { padding: .7rem .9rem; border: 1px solid var(--edge); border-radius: 6px;
  margin: .5rem 0; background: var(--paper); }
button, select, input { font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--edge); border-radius: 6px; padding: .5rem .9rem; min-height: 2.75rem; }
input[type=radio], input[type=checkbox] { min-height: 0; }
button { cursor: pointer; }
button.main { background: var(--light); color: var(--on-light); border-color: var(--light);
  font-weight: 600; }
button.small { min-height: 0; padding: .15rem .6rem; }
:focus-visible { outline: 2px solid var(--light); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: .5rem 0; }
.feed { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr));
  list-style: none; margin: 0; padding: 0; }
.post { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  overflow: hidden; display: flex; flex-direction: column; }
.post video, .post .none { width: 100%; aspect-ratio: 9 / 16; background: #000; display: block;
  object-fit: contain; }
.post .none { background: var(--raised); display: grid; place-items: center;
  color: var(--soft); aspect-ratio: 9 / 4; }
.post div { padding: .6rem .8rem .8rem; overflow-wrap: anywhere; }
.post .who { display: flex; justify-content: space-between; gap: .5rem; padding: 0;
  font-weight: 600; }
.post .text { white-space: pre-line; margin: .35rem 0; display: -webkit-box; overflow: hidden;
  -webkit-line-clamp: 6; -webkit-box-orient: vertical; }
.badge { border: 1px solid var(--light); color: var(--light); border-radius: 99px;
  padding: 0 .55rem; font-size: .8125rem; white-space: nowrap; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8125rem; width: 100%; }
td, th { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
td.path { max-width: 36rem; overflow: hidden; text-overflow: ellipsis; }
@media (max-width: 40rem) {
  .feed { grid-template-columns: none; grid-auto-flow: column; grid-auto-columns: 72%;
    overflow-x: auto; scroll-snap-type: x proximity; padding-bottom: .5rem; }
  .post { scroll-snap-align: start; } }
details > summary { cursor: pointer; margin: .5rem 0; }
"""


def page(title: str, body: str, *, narrow: bool = False) -> str:
    """A whole HTML page. The body is HTML already."""
    shape = ' class="narrow"' if narrow else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>"
        f"<body{shape}>{body}</body></html>"
    )
