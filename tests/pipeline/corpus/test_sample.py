"""A sample is uniform, without replacement, the same for its seed, and of the shards that were asked for."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.corpus.sample import draw, in_language, list_shards, read_rows, sample
from babelmill.transforms.errors import ConfigError, DamageError
from tests.pipeline.runs import manifest_of, shards_of


@given(st.integers(0, 300), st.integers(0, 320), st.integers(0, 9))
def test_draw(total: int, wanted: int, seed: int) -> None:
    drawn = draw(total, wanted, seed)
    assert len(set(drawn)) == len(drawn) == min(total, wanted)
    assert all(0 <= number < total for number in drawn)
    assert drawn[: wanted // 2] == draw(total, wanted // 2, seed)


def test_draw_is_uniform() -> None:
    counted = Counter(number for seed in range(3_000) for number in draw(10, 3, seed))
    # 900 expected of each; five standard deviations of a binomial (3000, 0.3) are 125.
    assert all(775 < count < 1025 for count in counted.values())


def test_draw_does_not_change() -> None:
    """Python promises the numbers of random(); a sample that somebody quoted has to stay the same."""
    assert draw(1000, 4, 1) == [134, 847, 764, 257]


def test_shards_of_a_run_and_of_its_folders(lost: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = manifest_of(lost)["shards"]
    whole = list_shards(str(lost))
    assert [(Path(s.path), s.lang, s.rows) for s in whole] == [(lost / r["path"], r["lang"], r["rows"]) for r in listed]
    assert list_shards(str(lost / "data")) == whole
    assert list_shards(str(lost / "data" / "lang=zh")) == in_language(whole, "zh")
    monkeypatch.chdir(lost / "data")
    assert [shard.path for shard in list_shards("lang=zh")] == [
        str(Path(shard.path).relative_to(lost / "data")) for shard in in_language(whole, "zh")
    ]


def test_shards_of_a_folder_without_a_run(lost: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    for shard in manifest_of(lost)["shards"]:
        target = folder / Path(shard["path"]).name.replace("part", shard["lang"])
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((lost / shard["path"]).read_bytes())
    found = list_shards(str(folder))
    assert sorted((s.lang, s.rows) for s in found) == sorted((s.lang, s.rows) for s in list_shards(str(lost)))
    pq.write_table(pa.table({"text": ["a"]}), folder / "zz.parquet")
    assert list_shards(str(folder))[-1][1:] == ("", 1, None)


def test_a_sample_is_of_the_run(lost: Path) -> None:
    shards = in_language(list_shards(str(lost)), "en")
    total = sum(shard.rows for shard in shards)
    found = list(sample(shards, 2, 1))
    assert found == list(sample(shards, 2, 1))
    assert found == list(sample(shards, 3, 1))[:2]
    everything = {(row["id"], row["text"]) for row in shards_of(lost).to_pylist() if row["lang"] == "en"}
    assert {(row["id"], row["text"]) for _, _, row in sample(shards, 10**6, 7)} == everything
    assert len(list(sample(shards, 10**6, 7))) == total
    for shard, number, row in found:
        [there] = read_rows(shard.path, [number])
        assert there == row


def test_rows_of_many_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": [str(n) for n in range(10)], "tokens": [[n] for n in range(10)]}), path, row_group_size=3
    )
    assert [row["text"] for row in read_rows(str(path), [9, 0, 2, 3, 3])] == ["9", "0", "2", "3", "3"]
    assert list(read_rows(str(path), [4], tokens=True)) == [{"text": "4", "tokens": [4]}]
    with pytest.raises(DamageError, match="no row 10, it has 10"):
        list(read_rows(str(path), [10]))


def test_what_is_not_there(lost: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no shard in 'sw'; did you mean sv?"):
        in_language(list_shards(str(lost)), "sw")
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfigError, match="is not a run and not a Parquet file, and has no Parquet file below it"):
            list_shards(str(path))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "items.jsonl").touch()
    with pytest.raises(ConfigError, match="unfinished run"):
        list_shards(str(tmp_path))
