"""The blocks of a project: of the block files below a folder, and those that its specs say, inherited ones included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from archcompiler.blocks.check import block_faults
from archcompiler.blocks.document import Document
from archcompiler.blocks.files import file_faults, plain_document
from archcompiler.blocks.library import Library, with_defaults
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.chain import Chain, read_chain
from archcompiler.resolve.extending import own_blocks
from archcompiler.resolve.name_tables import is_table
from archcompiler.resolve.own_blocks import file_of, is_part
from archcompiler.schema.own_blocks import described_fields, schema_with
from archcompiler.schema.shapes import Json, with_shared_fields
from archcompiler.span import Span
from archcompiler.syntax.files import DISK, Files
from archcompiler.syntax.parse import parse_on
from archcompiler.tree import Mapping, Scalar, mapping_at, walk


@dataclass(slots=True)
class ProjectBlocks:
    """Blocks by name, each in the ways in which files say its fields, what it is, and what is wrong with the files."""

    fields: dict[str, list[Json]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    faults: dict[Diagnostic, None] = field(default_factory=dict)

    def add(self, name: str, block: Mapping) -> None:
        """Take in a block; a faulty one as far as its fields are sound."""
        known, fields = self.fields.setdefault(name, []), described_fields(block)
        if fields not in known:
            known.append(fields)
        said = block.get("description")
        self.words.setdefault(name, str(said.value) if isinstance(said, Scalar) else "")

    def tell(self, faults: Iterable[Diagnostic]) -> None:
        """Take in what is wrong, each fault once: several specs may have one block."""
        self.faults.update(dict.fromkeys(faults))

    def schema(self) -> Json:
        """Return the schema of architecture documents that knows the blocks."""
        words = "".join(f"; {name}: {text.removesuffix('.')}" for name, text in self.words.items() if text)
        return with_shared_fields(schema_with(self.fields, hides=False, words=words))


def project_blocks(paths: Iterable[str], files: Files = DISK) -> ProjectBlocks:
    """Return the blocks that some files say, whatever is wrong with others."""
    found = ProjectBlocks()
    for path in paths:
        try:
            document, _ = parse_on(files.read(path), files.shown(path))
            if is_part(document):
                _add_file(found, path, document, files)
            elif not is_table(document):
                _add_spec(found, read_chain(path, (), files))
        except SpecError as error:
            found.tell(error.diagnostics)
    return found


def _add_file(found: ProjectBlocks, path: str, document: Mapping, files: Files) -> None:
    found.tell(file_faults(path, files) or ())
    name = document.get("block")
    if isinstance(name, Scalar) and isinstance(name.value, str):
        found.add(name.value, plain_document(path, document, files))


def _add_spec(found: ProjectBlocks, chain: Chain) -> None:
    blocks = own_blocks(chain.documents, [])
    own = {name: block for name, block in blocks.items() if file_of(block.layers[-1]) is None}
    documents = {
        name: Document("block", name, with_defaults(block.tree), is_shipped=False) for name, block in blocks.items()
    }
    library = Library(chain.language, documents)
    places, paths = {*_places(chain)}, {document.span.path for document in chain.documents}
    found.tell(fault for fault in chain.faults if fault.span in places or fault.span.path not in paths)
    for name, block in own.items():
        found.tell(block_faults(block.tree, block.layers, name, library))
        found.add(name, block.tree)


def _places(chain: Chain) -> Iterator[Span]:
    """Yield where the specs of a chain say blocks, keys and values."""
    for document in chain.documents:
        for _, entry in walk(mapping_at(document, "blocks")):
            yield from (entry.key_span, entry.value.span)
