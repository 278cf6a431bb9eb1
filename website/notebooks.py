"""Notebooks: running them, and showing them as pages with the outputs that are stored in them.

`python -m website.notebooks` runs all notebooks in docs/notebooks and stores their outputs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
TIMEOUT = 300
"""Seconds for one cell."""


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """Return the Markdown of a notebook, and its images by name."""
    resources = {"unique_key": path.stem, "output_files_dir": f"{path.stem}-files"}
    text, made = MarkdownExporter().from_filename(str(path), resources)
    title, _, rest = text.partition("\n")
    note = f"This page is a notebook: [download it]({path.name}), or run it in a clone of the repository."
    return f"{title}\n\n{note}\n{rest}", made["outputs"]


def run_notebook(path: Path, folder: Path) -> NotebookNode:
    """Return a notebook with its outputs. It runs in an empty folder beside the published studies, below `folder`.

    Raises `nbclient.exceptions.CellExecutionError` where a cell fails.
    """
    folder.joinpath("studies").symlink_to(NOTEBOOKS.parent / "studies", target_is_directory=True)
    place = folder / "notebooks"
    place.mkdir()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": str(place)}})
    client.execute(env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"})
    return notebook


def main() -> None:
    """Run every notebook and store its outputs."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        with TemporaryDirectory() as folder:
            notebook = run_notebook(path, Path(folder))
            for cell in notebook.cells:
                cell.metadata.pop("execution", None)  # the times
            path.write_text(nbformat.writes(notebook).replace(f"{folder}/notebooks/", "") + "\n")
        print(path)


if __name__ == "__main__":
    main()
