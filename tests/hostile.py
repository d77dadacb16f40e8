"""Labels that break careless writers, by hand and by strategy."""

from hypothesis import strategies as st

LABELS = (
    '"]; n9 [label="forged"]; x="',
    "<script>alert(1)</script>",
    "<b>bold</b>",
    "&lt;b&gt; &amp; &#65; &nbsp;",
    "{a|b}<port>",
    "\\N \\G \\l \\n",
    "ends with \\",
    "two\nlines\r\n\tand a tab",
    "]]> --> <!-- <?xml ?>",
    "%s %d {0}",
    "x" * 10_000,
    "שלום עולם",
    "\u202edrawkcab",
    "🙂👨‍👩‍👧",
    "\ud800 half a pair",
    "\x00\x1b[31m\x7f\x85",
    "\ufffe\uffff\u2028",
    "漢字",
)

_sharp = st.text(
    alphabet='\\"{}|<>&;#\n\r\t\x00 nNGlra\ud800\u202e\u200d-]', max_size=40
)
labels = st.one_of(_sharp, st.text(st.characters(), max_size=60))
