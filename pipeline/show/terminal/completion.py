"""Shell completion: a script with which a shell completes commands, options, their values, files and keys.

The script is made of the command line itself, so it knows every command; it calls nothing while it completes.
"""

import json
import re
import shlex
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Literal, NamedTuple, get_args, get_origin

__all__ = ["script"]

_FILES = {"CONFIG": "file", "FILE": "file", "BASE": "file", "RUN": "folder", "[RUN]": "folder"}
"""A parameter's metavar → what the shell offers for it."""
_KEYS = "keys"


class _Option(NamedTuple):
    """An option: its names, its help, and what its value may be; `kind` is file, folder, keys, or empty."""

    names: tuple[str, ...]
    help: str
    flag: bool
    values: tuple[str, ...]
    kind: str


class _Command(NamedTuple):
    """A command, named as it is typed (`tokenizer build`); `values` and `kind` are of its arguments."""

    name: str
    help: str
    options: tuple[_Option, ...]
    values: tuple[str, ...]
    kind: str


def script(shell: Literal["bash", "zsh", "fish"], group: Any) -> str:
    """Return the script of a shell.

    Args:
        shell: that is to run it.
        group: the command line, as typer makes it of `app`.
    """
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](list(_commands(group)), _setting_keys())


def _commands(group: Any, prefix: str = "") -> Iterator[_Command]:
    """Yield a group's commands, those of groups inside it after the group."""
    for name, command in group.commands.items():
        own = [_option(param) for param in command.params if param.opts[0].startswith("-") and not param.hidden]
        own.append(_Option(("--help", "-h"), "Show the help.", True, (), ""))
        arguments = [param for param in command.params if not param.opts[0].startswith("-")]
        inner = tuple(getattr(command, "commands", ()))
        values = inner or next((found for found in map(_values, arguments) if found), ())
        kind = next((found for found in (_FILES.get(param.metavar or "", "") for param in arguments) if found), "")
        said = " ".join((command.help or "").partition("\n\n")[0].split())
        yield _Command(prefix + name, said, tuple(own), values, kind)
        if inner:
            yield from _commands(command, f"{prefix}{name} ")


def _option(param: Any) -> _Option:
    kind = _KEYS if "--set" in param.opts else _FILES.get(param.metavar or "", "")
    names = (*param.opts, *param.secondary_opts)
    return _Option(names, " ".join((param.help or "").split()), bool(param.is_flag), _values(param), kind)


def _values(param: Any) -> tuple[str, ...]:
    annotation = param.type_descriptor.annotation
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()


def _setting_keys() -> tuple[str, ...]:
    """Return the paths of the keys that `--set` takes, those of the first source among them."""
    schema = json.loads(files("babelmill.configs").joinpath("schema.json").read_text("utf-8"))

    def below(node: dict[str, Any], path: str) -> Iterator[str]:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
        inner = [part for part in node.get("anyOf", ()) if isinstance(part, dict)]
        for part in (node, *inner):
            if part is not node:
                yield from below(part, path)
            for name, value in part.get("properties", {}).items():
                yield f"{path}{name}"
                yield from below(value, f"{path}{name}.")
            if path == "input." and "items" in part:
                yield from below(part["items"], "input.0.")

    return tuple(dict.fromkeys(key for key in below(schema, "") if not key.startswith("input.0.input")))


def _words(values: tuple[str, ...]) -> str:
    return shlex.quote(" ".join(values))


def _offers(commands: list[_Command]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield a pattern of `command --option`, and the values and the kind of what may follow."""
    for command in commands:
        for option in command.options:
            if not option.flag:
                pattern = "|".join(shlex.quote(f"{command.name} {name}") for name in option.names)
                yield pattern, option.values, option.kind


_BASH = """\
# Completes babelmill in bash: source <(babelmill completion bash)
_babelmill() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local words= kind=
    COMPREPLY=()
    case $command in
        @groups@) [ "$COMP_CWORD" -gt 2 ] && command="$command ${COMP_WORDS[2]}" ;;
    esac
    if [ "$COMP_CWORD" -le 1 ]; then
        words=@commands@
    elif [ "$current" = '=' ] || [ "$previous" = '=' ]; then
        # The value of --set KEY=VALUE: bash takes = for a word.
        current=${current#=} kind=file
    else
        case "$command $previous" in
@values@
            *) case "$command" in
@options@
            esac ;;
        esac
    fi
    case $kind in
        file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
        folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        keys) compopt -o nospace 2>/dev/null; mapfile -t COMPREPLY < <(compgen -S = -W @keys@ -- "$current") ;;
    esac
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _babelmill babelmill"""

_ZSH = """\
#compdef babelmill
# Completes babelmill in zsh: source <(babelmill completion zsh), after compinit.
_babelmill() {
    local command=$words[2] previous=$words[CURRENT-1]
    case $command in
        @groups@) (( CURRENT > 3 )) && command="$command $words[3]" ;;
    esac
    if (( CURRENT <= 2 )); then
        compadd -- ${(z):-@commands@}
        return
    fi
    case "$command $previous" in
@values@
        *) case "$command" in
@options@
        esac ;;
    esac
}
compdef _babelmill babelmill"""

_ZSH_KINDS = {"file": "_files", "folder": "_files -/", _KEYS: "compadd -S = -- ${(z):-@keys@}"}


def _bash(commands: list[_Command], keys: tuple[str, ...]) -> str:
    def action(values: tuple[str, ...], kind: str) -> str:
        parts = [f"words={_words(values)}"] if values else []
        return " ".join([*parts, *([f"kind={kind}"] if kind else [])]) or ":"

    return _filled(_BASH, commands, keys, action)


def _zsh(commands: list[_Command], keys: tuple[str, ...]) -> str:
    def action(values: tuple[str, ...], kind: str) -> str:
        parts = [f"compadd -- ${{(z):-{_words(values)}}}"] if values else []
        return "; ".join([*parts, *([_ZSH_KINDS[kind]] if kind else [])]) or ":"

    return _filled(_ZSH, commands, keys, action)


def _filled(template: str, commands: list[_Command], keys: tuple[str, ...], action: Any) -> str:
    """Return a template with what each command and option is followed by."""
    tops = tuple(command.name for command in commands if " " not in command.name)
    groups = [top for top in tops if any(command.name.startswith(f"{top} ") for command in commands)]
    values = [f"            {pattern}) {action(found, kind)} ;;" for pattern, found, kind in _offers(commands)]
    options = []
    for command in commands:
        names = tuple(name for option in command.options for name in option.names)
        options.append(
            f"                {shlex.quote(command.name)}) {action((*command.values, *names), command.kind)} ;;"
        )
    filled = template.replace("@groups@", "|".join(groups)).replace(
        "@commands@", _words((*tops, "--version", "--help"))
    )
    filled = filled.replace("@values@", "\n".join(values)).replace("@options@", "\n".join(options))
    return filled.replace("@keys@", _words(keys))


def _fish(commands: list[_Command], keys: tuple[str, ...]) -> str:
    """Return one `complete` line for each command and option."""
    lines = ["# Completes babelmill in fish: babelmill completion fish | source", "complete -c babelmill -f"]
    tops = [command.name for command in commands if " " not in command.name]
    lines += [
        f"complete -c babelmill -n __fish_use_subcommand -a {command.name} -d {_fish_quoted(command.help)}"
        for command in commands if " " not in command.name
    ]  # fmt: skip
    for command in commands:
        seen = "; and ".join(f"__fish_seen_subcommand_from {part}" for part in command.name.split())
        start = f"complete -c babelmill -n '{seen}'"
        if command.values and command.name in tops:
            lines.append(f"{start} -a {_fish_quoted(' '.join(command.values))}")
        if command.kind:
            lines.append(f"{start} -a '(__fish_complete_{'path' if command.kind == 'file' else 'directories'})'")
        for option in command.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            values = " ".join(f"{key}=" for key in keys) if option.kind == _KEYS else " ".join(option.values)
            wants = "" if option.flag else " -r"
            wants += f" -a {_fish_quoted(values)}" if values else " -F" if option.kind else ""
            lines.append(f"{start} {names}{wants} -d {_fish_quoted(option.help)}")
    return "\n".join(lines)


def _fish_quoted(text: str) -> str:
    """Quote for fish, where a backslash in quotes escapes a quote."""
    return "'" + re.sub(r"(['\\])", r"\\\1", text) + "'"
