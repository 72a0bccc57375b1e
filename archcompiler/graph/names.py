"""From role to module path: the `names` table of a spec, and what paths must satisfy."""

from __future__ import annotations

import re
from collections import defaultdict

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph, full_path
from archcompiler.graph.ops import Op
from archcompiler.span import Span
from archcompiler.tree import Mapping, Scalar

BLOCK_PATH = "{stage}.{block}"
TRANSITION_PATH = "{stage}_transition"

# torch.nn.Module's own attributes and the emitted `init_weights`: a child of such a name would hide them. A test holds
# the list against PyTorch.
MODULE_ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches
        eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half init_weights ipu
        load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
        register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
        register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
        register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
        register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty
        train training type xpu zero_grad""",
    )
)


class NameTable:
    """The module path of every role; a role that the table leaves out is its own path."""

    def __init__(self, names: Mapping) -> None:
        self._paths = {
            role: str(entry.value.value) for role, entry in names.entries.items() if isinstance(entry.value, Scalar)
        }

    def path(self, role: str) -> str:
        """Return the path of a role, relative to its block where it stands in one."""
        return self._paths.get(role, role)

    def block(self, stage: str, index: int) -> str:
        """Return the path of a stage's block."""
        return _fill(self._paths.get("block", BLOCK_PATH), stage, index)

    def transition(self, stage: str) -> str:
        """Return the path under which a stage's transition stands."""
        return _fill(self._paths.get("transition", TRANSITION_PATH), stage, 0)


def name_faults(graph: Graph, span: Span) -> list[Diagnostic]:
    """Return what is wrong with a graph's module paths: one for two layers, or a name that PyTorch's modules use."""
    owners: dict[str, list[Op]] = defaultdict(list)
    for call in graph.calls:
        for node in call.body.nodes:
            if node.path:
                owners[full_path(call, node)].append(node.op)
    faults = []
    for path, layers in owners.items():
        if len(layers) > 1 and (layers[0].parameters() or any(layer != layers[0] for layer in layers)):
            faults.append(_clash(f"the path `{path}` names {len(layers)} different layers", span))
    used = {part for path in owners for part in path.split(".")}
    faults += [_clash(f"`{name}` is an attribute of every PyTorch module", span) for name in used & MODULE_ATTRIBUTES]
    prefixes = {path.rsplit(".", 1)[0] for path in owners if "." in path}
    faults += [_clash(f"the path `{path}` is a layer and holds layers", span) for path in prefixes & owners.keys()]
    return sorted(faults, key=lambda fault: fault.message)


def _clash(message: str, span: Span) -> Diagnostic:
    return Diagnostic("R008", message, span, "give each role a path of its own under `names`, or rename the stage")


def _fill(template: str, stage: str, index: int) -> str:
    return template.replace("{stage}", stage).replace("{block}", str(index))
