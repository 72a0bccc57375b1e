"""From role to module path: the `names` table of a spec, and the names that no module may have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from archcompiler.tree import Mapping, Scalar

BLOCK_PATH = "{stage}.{block}"
TRANSITION_PATH = "{stage}_transition"
REGISTERED_FIRST = "registered_first"

# The attributes of torch.nn's Module, Sequential and ModuleDict, and the emitted `init_weights`: a child of such a name
# would hide them. A test holds the list against PyTorch.
MODULE_ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        """T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu cuda
        double dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter
        get_submodule half init_weights insert ipu items keys load_state_dict modules mtia named_buffers
        named_children named_modules named_parameters parameters pop register_backward_hook register_buffer
        register_forward_hook register_forward_pre_hook register_full_backward_hook
        register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
        register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook
        requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type
        update values weights_report xpu zero_grad _apply _backward_hooks _backward_pre_hooks _buffers _call_impl
        _compiled_call_impl _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs
        _forward_pre_hooks _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks
        _get_item_by_idx _get_name _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks
        _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules _named_members
        _non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook _register_state_dict_hook
        _replicate_for_data_parallel _save_to_state_dict _slow_forward _state_dict_hooks
        _state_dict_pre_hooks _version _wrapped_call_impl""",
    )
)


class NameTable:
    """The module path of every role; a role that the table leaves out is its own path.

    `{slot}` numbers the layers under one path in the order in which they run, over the whole network: a path is asked
    for once for each layer. `{stage_index}` and `{block}` count from 0, `{stage_number}` and `{block_number}` from 1.
    """

    def __init__(self, names: Mapping, stages: Sequence[str]) -> None:
        self._paths = {
            role: str(entry.value.value) for role, entry in names.entries.items() if isinstance(entry.value, Scalar)
        }
        self._stages = {stage: index for index, stage in enumerate(stages)}
        self.registered_first = self._paths.pop(REGISTERED_FIRST, "")
        """What a block registers before all else, in whatever order it runs: the first word of its roles."""
        self._slots: Counter[str] = Counter()
        in_blocks = (path for role, path in self._paths.items() if not role.startswith(("stem.", "head.")))
        self.numbers_layers = any("{slot}" in path for path in in_blocks)
        """Whether layers of stages are numbered: blocks of one kind then differ in their layers' paths."""

    def paths(self, prefix: str = "", below: str = "") -> Callable[[str], str]:
        """Return what gives the path of a role of the stem or head (by `prefix`), or of what stands `below` a path."""
        return lambda role: self._numbered(self._paths.get(prefix + role, prefix + role), below)

    def block(self, stage: str, index: int) -> str:
        """Return the path of a stage's block."""
        path = self._of_stage(self._paths.get("block", BLOCK_PATH), stage)
        return path.replace("{block}", str(index)).replace("{block_number}", str(index + 1))

    def transition(self, stage: str) -> str:
        """Return the path under which a stage's transition stands."""
        return self._of_stage(self._paths.get("transition", TRANSITION_PATH), stage)

    def _of_stage(self, path: str, stage: str) -> str:
        index = self._stages[stage]
        path = path.replace("{stage}", stage).replace("{stage_index}", str(index))
        return path.replace("{stage_number}", str(index + 1))

    def _numbered(self, path: str, below: str) -> str:
        start, mark, _ = path.partition("{slot}")
        if not mark:
            return path
        parent = f"{below}.{start}" if below else start
        self._slots[parent] += 1
        return path.replace(mark, str(self._slots[parent] - 1))
