"""A dataset as files that other trainers read: TRL, LLaMA-Factory, Axolotl, and a folder for Hugging Face datasets.

Each form is a zip with one file a split and a README. The forms are those that these projects document: conversational
`prompt`/`completion` and `prompt`/`chosen`/`rejected` (TRL), `dataset_info.json` with the sharegpt formatting
(LLaMA-Factory), `chat_template` (Axolotl), parquet files named by a YAML card (datasets). Who a row came from is in
none of them. The same dataset gives the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.errors import NotAChoice
from core.learning.card import language_of
from core.loop import Row, RowKind, Split
from core.store.datasets import Dataset, content_of
from core.tasks.language import LANGUAGES
from core.types import Task, Turn

# What the other projects call the splits.
NAMES = {Split.TRAIN: "train", Split.VALIDATION: "validation", Split.HELD_OUT: "test"}
SUPERVISED, PREFERENCE, LABELS = "supervised", "preference", "labels"
_LABEL_ORDER = "Is this text negative, neutral or positive? Answer with one of these words."
Plain = dict[str, Any]


def export(dataset: Dataset, rows: Sequence[Row], form: str) -> bytes:
    """Return a zip of the rows in one of `FORMS`; raises NotAChoice for any other."""
    if form not in FORMS:
        raise NotAChoice(choices=", ".join(FORMS))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in FORMS[form][1](dataset, rows):
            # A fixed time: the files are the dataset's, not the moment's.
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def turns_of(row: Row) -> tuple[Turn, ...]:
    """Return a row's messages for a chat model that knows nothing of this product.

    Where this product asks in a form of its own (sentences one below the other, or a head instead of words), a system
    turn says what is wanted.
    """
    if row.task is Task.TRANSLATE:
        order = f"Translate from {LANGUAGES.get(row.source, row.source)} into {LANGUAGES.get(row.target, row.target)}."
        return (Turn("system", order), *row.messages)
    return (Turn("system", _LABEL_ORDER), *row.messages) if row.kind is RowKind.LABEL else row.messages


def lines_of(rows: Sequence[Row]) -> str:
    """Return rows as they are, as JSON, one a line; but not whose they are."""
    return _lines({"split": row.split.value, **_about(row), **content_of(row)} for row in rows)


def name_of(dataset: Dataset) -> str:
    """Return the name of a dataset in file names, such as hearback-translate-3."""
    return f"hearback-{dataset.task.value}-{dataset.number}"


def _trl(dataset: Dataset, rows: Sequence[Row]) -> Iterator[tuple[str, str | bytes]]:
    yield "README.md", _readme(dataset, rows, "TRL reads each file with `load_dataset('json', data_files=...)`.")
    for split, part in _by_split(rows):
        yield f"{SUPERVISED}/{split}.jsonl", _lines(_prompt_completion(row) for row in part)
        if pairs := [_prompt_pair(row) for row in part if row.rejected]:
            yield f"{PREFERENCE}/{split}.jsonl", _lines(pairs)


def _llama_factory(dataset: Dataset, rows: Sequence[Row]) -> Iterator[tuple[str, str | bytes]]:
    about = (
        "Give this folder as `dataset_dir`; `dataset_info.json` names the datasets for `dataset` and `eval_dataset`."
    )
    yield "README.md", _readme(dataset, rows, about)
    tags = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }
    known: Plain = {}
    for split, part in _by_split(rows):
        name = f"{name_of(dataset)}-{split}".replace("-", "_")
        yield f"{name}.jsonl", _lines({"messages": _plain(turns_of(row))} for row in part)
        known[name] = {
            "file_name": f"{name}.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "messages"},
            "tags": tags,
        }
        if pairs := [_message_pair(row) for row in part if row.rejected]:
            yield f"{name}_preference.jsonl", _lines(pairs)
            known[f"{name}_preference"] = {
                "file_name": f"{name}_preference.jsonl",
                "formatting": "sharegpt",
                "ranking": True,
                "columns": {"messages": "messages", "chosen": "chosen", "rejected": "rejected"},
                "tags": tags,
            }
    yield "dataset_info.json", json.dumps(known, indent=2, ensure_ascii=False) + "\n"


def _axolotl(dataset: Dataset, rows: Sequence[Row]) -> Iterator[tuple[str, str | bytes]]:
    yield "README.md", _readme(dataset, rows, "Put the lines of `axolotl.yml` into your own configuration.")
    has_pairs = False
    for split, part in _by_split(rows):
        yield f"{SUPERVISED}/{split}.jsonl", _lines({"messages": _plain(turns_of(row))} for row in part)
        if pairs := [_message_pair(row) for row in part if row.rejected]:
            has_pairs = has_pairs or split == NAMES[Split.TRAIN]
            yield f"{PREFERENCE}/{split}.jsonl", _lines(pairs)
    lines = [
        "datasets:",
        f"  - path: {SUPERVISED}/train.jsonl",
        "    ds_type: json",
        "    type: chat_template",
        "    field_messages: messages",
        "    roles_to_train: [assistant]",
    ]
    if has_pairs:
        lines += [
            "",
            "# For preference training (DPO), in place of the lines above:",
            "# rl: dpo",
            "# datasets:",
            f"#   - path: {PREFERENCE}/train.jsonl",
            "#     ds_type: json",
            "#     split: train",
            "#     type: chat_template.default",
            "#     field_messages: messages",
            "#     field_chosen: chosen",
            "#     field_rejected: rejected",
        ]
    yield "axolotl.yml", "\n".join(lines) + "\n"


def _folder(dataset: Dataset, rows: Sequence[Row]) -> Iterator[tuple[str, str | bytes]]:
    """A folder that `datasets.load_dataset` reads: parquet files, and a README whose YAML names them."""
    configs: dict[str, list[tuple[str, str]]] = {}
    files: list[tuple[str, bytes]] = []
    forms: dict[str, Callable[[Row], Plain]] = {SUPERVISED: _prompt_completion, PREFERENCE: _prompt_pair}
    if dataset.task is Task.SENTIMENT:
        forms = {LABELS: _text_label}
    for split, part in _by_split(rows):
        for config, form in forms.items():
            if plain := [form(row) for row in part if row.rejected or config != PREFERENCE]:
                path = f"{config}/{split}-00000-of-00001.parquet"
                configs.setdefault(config, []).append((split, path))
                files.append((path, _parquet(plain)))
    about = "Read it with `datasets.load_dataset(folder)`" + (
        ", or `load_dataset(folder, 'preference')`." if PREFERENCE in configs else "."
    )
    yield "README.md", _yaml(dataset, rows, configs) + _readme(dataset, rows, about)
    yield from files


def _parquet(plain: Sequence[Plain]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    turns = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    kinds = {"prompt": turns, "completion": turns, "chosen": turns, "rejected": turns, "weight": pa.float64()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in plain[0]])
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(plain), schema=schema), out)
    return out.getvalue()


def _by_split(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    for split in Split:
        if part := [row for row in rows if row.split is split]:
            yield NAMES[split], part


def _prompt_completion(row: Row) -> Plain:
    *prompt, answer = turns_of(row)
    return {"prompt": _plain(prompt), "completion": _plain([answer]), **_about(row)}


def _prompt_pair(row: Row) -> Plain:
    *prompt, answer = turns_of(row)
    rejected = _plain([Turn("assistant", row.rejected)])
    return {"prompt": _plain(prompt), "chosen": _plain([answer]), "rejected": rejected, **_about(row)}


def _message_pair(row: Row) -> Plain:
    *prompt, answer = turns_of(row)
    chosen, rejected = _plain([answer, Turn("assistant", row.rejected)])
    return {"messages": _plain(prompt), "chosen": chosen, "rejected": rejected}


def _text_label(row: Row) -> Plain:
    return {"text": row.input_text, "label": row.output_text, "was_read_as": row.rejected, **_about(row)}


def _about(row: Row) -> Plain:
    return {"id": row.row_id, "source": row.source_kind, "language": language_of(row), "weight": row.weight}


def _plain(turns: Sequence[Turn]) -> list[Plain]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def _lines(plain: Any) -> str:
    # U+2028 and U+2029 are escaped: some readers take them for the end of a line.
    written = (json.dumps(one, ensure_ascii=False) for one in plain)
    return "".join(
        line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085") + "\n"
        for line in written
    )


def _yaml(dataset: Dataset, rows: Sequence[Row], configs: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Return the head of the README that names the files; every value is ours, so that nothing needs quoting."""
    codes = sorted({code for row in rows for code in (row.language, row.target) if code in LANGUAGES})
    lines = ["---", f"pretty_name: Hearback {dataset.task.value} {dataset.number}"]
    lines += ["language:", *(f"- {code}" for code in codes)] if codes else []
    lines += ["configs:"]
    for place, (config, files) in enumerate(configs.items()):
        lines += [f"- config_name: {config}", *(["  default: true"] if not place else []), "  data_files:"]
        for split, path in files:
            lines += [f"  - split: {split}", f"    path: {path}"]
    return "\n".join([*lines, "---", "", ""])


def _readme(dataset: Dataset, rows: Sequence[Row], about: str) -> str:
    card = dataset.card
    sample = "These rows come from the sample company, not from visitors.\n\n" if dataset.is_sample else ""
    gone = len(rows) != dataset.total
    note = f" {dataset.total - len(rows)} of them may no longer be used and are left out here." if gone else ""
    parts = [
        f"# Hearback {dataset.task.value}, dataset {dataset.number}\n\n{sample}{about}\n",
        f"Frozen {dataset.created_at:%d %B %Y, %H:%M} UTC with {dataset.total} rows.{note} "
        f"SHA-256 of the rows: `{dataset.sha256}`.\n",
        "Rows of one cluster say nearly the same and share a split. The test split was held out: train on it, and no "
        "comparison on it means anything. `weight` is how much a row counts beside others; a rating counts less than "
        "a correction.\n",
    ]
    for title, name in (
        ("Rows by split", "splits"),
        ("By language", "languages"),
        ("By source", "sources"),
        ("By kind", "kinds"),
        ("Left out", "left_out"),
    ):
        if counted := card.get(name):
            named = {NAMES[Split(key)] if name == "splits" else key: count for key, count in counted.items()}
            parts.append(f"## {title}\n\n" + "".join(f"- {key}: {count}\n" for key, count in named.items()))
    return "\n".join(parts)


# What a form is called, and what makes its files.
FORMS: dict[str, tuple[str, Callable[[Dataset, Sequence[Row]], Iterator[tuple[str, str | bytes]]]]] = {
    "datasets": ("Hugging Face datasets", _folder),
    "trl": ("TRL", _trl),
    "llama-factory": ("LLaMA-Factory", _llama_factory),
    "axolotl": ("Axolotl", _axolotl),
}
