"""A page of what a demo wrote: pictures as pictures, everything else as links."""

from html import escape
from pathlib import Path

__all__ = ["figure", "write_page"]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem;
       padding: 0 1rem; color: #1c2429; background: #fff; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 4rem; }
a { color: #00639c; }
p { max-width: 44rem; }
pre { overflow-x: auto; padding: 1rem; background: #f2f5f7; font-size: .85rem; }
table { border-collapse: collapse; }
td { padding: .2rem 1rem .2rem 0; vertical-align: top; }
td.number { text-align: right; white-space: nowrap; }
figure { margin: 2.5rem 0; }
figcaption { margin-top: .5rem; color: #56626b; }
img { max-width: 100%; max-height: 32rem; border: 1px solid #d7dde1; background: #fff; }
@media (prefers-color-scheme: dark) {
  body { color: #dde3e7; background: #14191c; }
  a { color: #7cc4f5; }
  pre { background: #1f262a; }
  figcaption { color: #9aa7b0; }
}
"""


def figure(link: str, caption: str) -> str:
    """Return a picture or a link, either of which leads to the file, with a caption.

    >>> figure("loss.txt", "")
    "<figure><a href='loss.txt'>loss.txt</a></figure>"
    """
    link, caption = escape(link, quote=True), escape(caption, quote=True)
    picture = f"<img src='{link}' alt='{caption}' loading='lazy'>"
    shown = picture if link.endswith((".svg", ".png")) else link
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure><a href='{link}'>{shown}</a>{below}</figure>"


def write_page(path: Path, title: str, body: str) -> Path:
    """Write a page of its own, which loads nothing but the pictures beside it."""
    heading = escape(title)
    path.write_text(
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{heading}</title><style>{_STYLE}</style><h1>{heading}</h1>{body}",
        encoding="utf-8",
    )
    return path
