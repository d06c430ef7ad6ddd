"""Random edits of a repository's files: what people do to manifests, and what a slip does."""

import re
from collections.abc import Callable
from random import Random

Files = dict[str, bytes]
"""Every file of a repository, by its path."""
LISTED = re.compile(rb"^- (?!.*(op|name|path):)\S+$", re.MULTILINE)
WORDS = re.compile(rb"(?<=[ :/-])[a-z0-9]{2,}(?=[\n :/-])")


class Editor:
    """Makes one edit of a tree of files; the same seed makes the same."""

    def __init__(self, files: Files, seed: int) -> None:
        self.files = dict(files)
        self.chance = Random(seed)
        self.units = sorted(
            {"/".join(path.split("/")[:3]) for path in files if re.match(r"overlays/\w+/[\w-]+/", path)}
        )
        self.components = sorted({path.rpartition("/")[0] for path in files if path.startswith("base/components/")})

    def edit(self) -> tuple[str, Files]:
        """Return what is done, and the files then."""
        kinds: list[Callable[[], str]] = [
            self._line_goes, self._line_goes, self._line_twice, self._word, self._word, self._file_goes, self._file_moves,
            self._configuration, self._configuration, self._generator, self._component_comes, self._listed_goes,
            self._label, self._unit_goes, self._unit_comes, self._pin, self._pin, self._component, self._comment,
        ]  # fmt: skip
        said = [self.chance.choice(kinds)() for _ in range(self.chance.choice((1, 1, 2, 3)))]
        return "; ".join(said), self.files

    def _one(self, pattern: str) -> str:
        return self.chance.choice(sorted(path for path in self.files if re.search(pattern, path)) or sorted(self.files))

    def _replace(self, path: str, lines: list[bytes]) -> None:
        self.files[path] = b"\n".join(lines)

    def _line_goes(self) -> str:
        path = self._one(r"\.yaml$")
        lines = self.files[path].split(b"\n")
        number = self.chance.randrange(len(lines))
        self._replace(path, lines[:number] + lines[number + 1 :])
        return f"{path}:{number + 1} goes"

    def _line_twice(self) -> str:
        path = self._one(r"\.yaml$")
        lines = self.files[path].split(b"\n")
        number = self.chance.randrange(len(lines))
        self._replace(path, lines[: number + 1] + lines[number:])
        return f"{path}:{number + 1} twice"

    def _word(self) -> str:
        path = self._one(r"\.yaml$")
        found = list(WORDS.finditer(self.files[path]))
        if not found:
            return "nothing"
        word = self.chance.choice(found)
        new = self.chance.choice((b"7", b"other", word[0] + b"x"))
        self.files[path] = self.files[path][: word.start()] + new + self.files[path][word.end() :]
        return f"{path}: {word[0]!r} is {new!r}"

    def _file_goes(self) -> str:
        path = self._one(r"^(base|overlays)/")
        del self.files[path]
        return f"{path} goes"

    def _file_moves(self) -> str:
        """Move a file, and with luck whatever names it in its folder."""
        path = self._one(r"^(base|overlays)/.*\.(yaml|conf|sh|env|js|lua)$")
        folder, _, name = path.rpartition("/")
        self.files[f"{folder}/moved-{name}"] = self.files.pop(path)
        listed = f"{folder}/kustomization.yaml"
        if listed in self.files and self.chance.random() < 0.8:
            self.files[listed] = self.files[listed].replace(name.encode(), b"moved-" + name.encode())
        return f"{path} moves"

    def _configuration(self) -> str:
        path = self._one(r"^base/.*\.(conf|sh|env|ini|cfg|js|lua)$")
        self.files[path] += b"# more\n"
        return f"{path} is longer"

    def _generator(self) -> str:
        path = self._one(r"^base/[\w-]+/kustomization\.yaml$")
        text = b"\nconfigMapGenerator:\n- name: more\n  literals: [a=b]\n"
        held = b"configMapGenerator:\n" in self.files[path]
        more = self.files[path].replace(b"configMapGenerator:\n", text[1:], 1) if held else self.files[path] + text
        self.files[path] = more
        return f"{path} generates more"

    def _component_comes(self) -> str:
        path = f"{self.chance.choice(self.units)}/kustomization.yaml"
        name = self.chance.choice(self.components)
        self.files[path] = self.files.get(path, b"").replace(
            b"components:\n", f"components:\n- ../../../{name}\n".encode(), 1
        )
        return f"{path} has {name}"

    def _listed_goes(self) -> str:
        path = self._one(r"^(base|overlays)/.*kustomization\.yaml$")
        found = list(LISTED.finditer(self.files[path]))
        if not found:
            return "nothing"
        entry = self.chance.choice(found)
        self.files[path] = self.files[path][: entry.start()] + self.files[path][entry.end() + 1 :]
        return f"{path} lists {entry[0]!r} no more"

    def _label(self) -> str:
        path = self._one(r"^(base|overlays)/.*kustomization\.yaml$")
        if b"\nlabels:" not in self.files[path]:
            self.files[path] += b"\nlabels:\n- pairs: {team: core}\n"
        return f"{path} labels"

    def _unit_goes(self) -> str:
        unit = self.chance.choice(self.units)
        self.files = {path: data for path, data in self.files.items() if not path.startswith(f"{unit}/")}
        return f"{unit} goes"

    def _unit_comes(self) -> str:
        unit = self.chance.choice(self.units)
        copied = {path: data for path, data in self.files.items() if path.startswith(f"{unit}/")}
        self.files |= {path.replace(unit, f"{unit}-two", 1): data for path, data in copied.items()}
        return f"{unit} comes twice"

    def _pin(self) -> str:
        path = f"{self.chance.choice(self.units)}/kustomization.yaml"
        self.files[path] = self.files.get(path, b"").replace(b"newTag: v1.0.0", b"newTag: v1.0.1")
        return f"{path} pins"

    def _component(self) -> str:
        path = self._one(r"^base/components/.*\.yaml$")
        self.files[path] = self.files[path].replace(b"true", b"false", 1)
        return f"{path} is false"

    def _comment(self) -> str:
        path = self._one(r"\.yaml$")
        self.files[path] = b"# a comment\n" + self.files[path]
        return f"{path} has a comment"
