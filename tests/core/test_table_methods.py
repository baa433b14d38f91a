"""What W&B's tables and values have besides, on ours."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from belvedere.core.entries import Stored
from belvedere.core.errors import UsageError
from belvedere.core.pictures import Image, Video
from belvedere.core.solids import Object3D
from belvedere.core.values import Histogram, Html, Table


def kept(content: bytes | Path, suffix: str) -> Mapping[str, Stored]:
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    return {"sha256": "0", "size": size, "suffix": suffix}


def test_columns_come_and_are_read() -> None:
    table = Table(["a"], [[1], [2]], allow_mixed_types=True, log_mode="IMMUTABLE")
    table.add_column("b", ["x", "y"])
    table.add_computed_columns(lambda place, row: {"sum": place + int(str(row["a"]))})
    assert (table.columns, table.data) == (["a", "b", "sum"], [[1, "x", 1], [2, "y", 3]])
    assert table.get_column("b") == ["x", "y"]
    np.testing.assert_array_equal(table.get_column("a", convert_to="numpy"), [1, 2])
    assert list(table.iterrows()) == [(0, [1, "x", 1]), (1, [2, "y", 3])]
    with pytest.raises(UsageError, match="1 cells for 2 rows in column 'c'"):
        table.add_column("c", [1])
    with pytest.raises(UsageError, match="no column 'z' in the table; it has: a, b, sum"):
        table.get_column("z")


def test_an_empty_table_takes_columns_and_rows() -> None:
    table = Table(columns=[])
    table.add_column("a", [1, 2])
    assert table.data == [[1], [2]]
    table.add_row([3])
    table.add_row(4)
    assert table.data == [[1], [2], [3], [4]]
    assert Table(["a"], rows=[[1]]).data == [[1]]


def test_a_table_is_a_data_frame() -> None:
    frame = Table(["a", "b"], [[1, "x"]]).get_dataframe()
    assert (list(frame.columns), frame.to_numpy().tolist()) == (["a", "b"], [[1, "x"]])


def test_words_of_wandb_are_taken(tmp_path: Path) -> None:
    assert len(Histogram(sequence=[1.0, 2.0], num_bins=4).counts) == 4
    (tmp_path / "page.html").write_text("<i>file</i>")
    assert Html(str(tmp_path / "page.html"), inject=False).record(kept)["size"] == 11
    assert Html("none.html").record(kept)["size"] == 9
    assert Html(str(tmp_path / "page.html"), data_is_not_path=True).record(kept)["size"] == len(str(tmp_path)) + 10
    assert Image(np.zeros((2, 2), np.uint8), file_type="jpg", normalize=False).record(kept)["suffix"] == ".png"
    assert Video(np.zeros((1, 2, 2, 3), np.uint8), fps=None, format="gif").record(kept)["fps"] == 4


def test_points_come_under_their_names() -> None:
    cloud = Object3D.from_point_cloud(np.zeros((2, 3)), boxes=[{"label": "b"}]).record(kept)
    assert (cloud["shape"], cloud["boxes"]) == ([2, 3], [{"label": "b"}])
    assert Object3D.from_numpy(np.zeros((4, 6))).record(kept)["shape"] == [4, 6]
