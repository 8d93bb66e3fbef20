"""Browser pages: reads the index, gives HTML.  Knows no Sphinx and no C beyond its tokens."""
