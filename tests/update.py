"""Golden files: texts that tests hold what archcompiler says against. `UPDATE_GOLDENS=1 pytest` writes them anew."""

import os


def assert_golden(path, text):
    """Hold a text against a file; with UPDATE_GOLDENS=1, write the file. Read the difference before committing it."""
    if os.environ.get("UPDATE_GOLDENS") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"UPDATE_GOLDENS=1 writes {path.name} anew"
