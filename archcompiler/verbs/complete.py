"""What a shell offers for a spec, for a topic of `explain`, for a field of `solve`."""

from __future__ import annotations

from argparse import Action

_BASH = """
_archc_specs() {{ compgen -f -- "$1"; compgen -W "{specs}" -- "$1"; }}
_archc_topics() {{ compgen -W "{topics}" -- "$1"; }}
_archc_fields() {{
  local word
  for word in "${{COMP_WORDS[@]:2}}"; do [[ $word == -* ]] || break; done
  archc show "$word" --origins 2>/dev/null | awk -v begun="$1" '{number} && index($1, begun) == 1 {{ print $1 }}'
}}"""
_ZSH = """
_archc_specs() {{ compadd -- {specs}; _files }}
_archc_topics() {{ compadd -- {topics} }}
_archc_fields() {{
  local word
  for word in $words; do [[ $word == -* || $word == archc || $word == solve ]] || break; done
  compadd -- ${{(f)"$(archc show $word --origins 2>/dev/null | awk '{number} {{ print $1 }}')"}}
}}"""
_IS_NUMBER = "$2 ~ /^[0-9]+$/"


def complete(action: Action, kind: str) -> None:
    """Have the shell offer `specs`, `topics` or `fields` for an argument."""
    offered = {"bash": f"_archc_{kind}", "zsh": f"_archc_{kind}", "tcsh": "f"}
    action.complete = offered  # type: ignore[attr-defined]  # where shtab looks for it


def preamble(shell: str) -> str:
    """Return the functions that the script of a shell calls; others than bash and zsh complete files only."""
    from archcompiler.diagnostics import CODES
    from archcompiler.explain.field import known_fields
    from archcompiler.shipped import spec_names

    words = {"specs": " ".join(spec_names()), "topics": " ".join([*CODES, *known_fields()]), "number": _IS_NUMBER}
    return {"bash": _BASH, "zsh": _ZSH}.get(shell, "").format(**words)
