"""The documentation site: what `make site` adds to the pages in docs/.

`website/hooks.py` is called by MkDocs, and has everything else made: pages from the catalog, from notebooks, and from
the files of the repository that are documents too.
"""
