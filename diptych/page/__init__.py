"""The two codes of a network side by side: one page of HTML, or two columns on a terminal."""
