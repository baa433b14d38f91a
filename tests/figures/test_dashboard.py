"""The PNG dashboard: what its panels are given is exact, what is missing is said, and the sheet says what is wrong."""

import io
import math

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from PIL import Image

from belvedere.analysis.joins import Reduced
from belvedere.core.series import Media, RunData
from belvedere.figures.dashboard import Plain, draw, encoded, png, si
from belvedere.figures.dashboard_content import Content, Sample, content_of_data, moving_mean_at
from belvedere.figures.dashboard_feed import DashboardFeed
from belvedere.figures.dashboard_files import LATEST, publish
from belvedere.figures.dashboard_table import agreement, cut, scored
from belvedere.figures.dashboard_verdict import theil_sen
from tests.analysis.runs import INF, LONG, NAN, run_data

RIGHT = 7  # the right axis of the recent panel; 6 is the colour bar, 8 the table
SAMPLE = Sample(7, "2+2=", "2+2=5", "2+2=4", 0.5)


def content(loss: list[float] | None = None, **others: list[float]) -> Content:
    series = {"train/loss": loss} if loss is not None else {}
    keys = {"accuracy": "train/accuracy", "throughput": "train/tok_per_sec", "rate": "train/lr"}
    return content_of_data(run_data(series | {keys[name]: values for name, values in others.items()}))


def texts(found: Content, **options: str) -> str:
    """Every word on the sheet."""
    sheet = draw(found, **options)
    words = [text.get_text() for text in sheet.texts]
    for axes in sheet.axes:
        words += [text.get_text() for text in axes.texts]
        words += [axes.get_title(loc=side) for side in ("left", "right")]
    return "\n".join(words)


# ---- what is computed ----------------------------------------------------------------------------------------------


def test_the_moving_average_begins_at_the_second_value_with_what_there_is():
    values = np.array([4.0, 2.0, NAN, 6.0])
    found = moving_mean_at(values, np.arange(4))
    assert math.isnan(found[0])
    assert found[1:].tolist() == [3.0, 3.0, 4.0]
    assert moving_mean_at(np.arange(100.0), np.array([99]))[0] == pytest.approx(74.5)  # 50 … 99


def test_accuracy_is_in_percent_whichever_way_it_was_logged():
    as_shares, in_percent = content([1, 1], accuracy=[0.25, 0.5]), content([1, 1], accuracy=[25.0, 50.0])
    for found in (as_shares, in_percent):
        assert found.accuracy is not None and found.accuracy.points.mean.tolist() == [25.0, 50.0]


def test_loss_and_accuracy_meet_only_at_steps_that_have_both():
    found = content([3.0, NAN, 1.0], accuracy=[0.1, 0.2, 0.3]).together
    assert found.steps.tolist() == [0, 2]
    assert found.loss.tolist() == [3.0, 1.0]
    assert found.accuracy.tolist() == pytest.approx([10.0, 30.0])


def test_the_recent_panel_has_the_last_500_or_all_there_are():
    assert content(list(np.linspace(3, 1, 700))).recent.loss_steps.tolist() == list(range(200, 700))
    assert content([3.0, 2.0]).recent.loss.tolist() == [3.0, 2.0]


def test_a_feed_and_a_recorded_run_show_the_same():
    losses, accuracies = [3.0, 2.0, NAN, 1.0, INF], [0.1, 0.2, 0.3, 0.4, 0.5]
    feed = DashboardFeed()
    for step, (loss, accuracy) in enumerate(zip(losses, accuracies)):
        feed.add(step, loss=loss, accuracy=accuracy, throughput=100.0, rate=1e-3)
    live = feed.content()
    stored = content(losses, accuracy=accuracies, throughput=[100.0] * 5, rate=[1e-3] * 5)
    for name in ("loss", "accuracy", "throughput", "rate"):
        one, other = getattr(live, name), getattr(stored, name)
        np.testing.assert_allclose(one.points.mean, other.points.mean)
        assert (one.nan.tolist(), one.posinf.tolist()) == (other.nan.tolist(), other.posinf.tolist())
        assert (one.start, one.last) == (other.start, other.last)
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(getattr(live, name).average, getattr(stored, name).average)
    np.testing.assert_allclose(live.together.accuracy, stored.together.accuracy)


def test_a_feed_stays_at_two_thousand_points_and_keeps_the_extremes():
    feed = DashboardFeed()
    for step in range(5000):
        feed.add(step, loss=9.0 if step == 1234 else 1.0)
    loss = feed.content().loss
    assert loss is not None and len(loss.points) <= 2000 and loss.points.high.max() == 9.0 and loss.count == 5000


def test_samples_are_the_last_rows_of_the_tables():
    told = (
        b'{"columns": ["step", "input", "output", "target", "accuracy"],'
        b' "data": [[3, "a", "b", "c", 1], [4, "d", "e", null, null]]}'
    )
    table = Media(5, 0.0, "table", {"_type": "table"}, told)
    found = content_of_data(RunData("r", media={"samples": (table,)})).samples
    assert found == (Sample(3, "a", "b", "c", 1.0), Sample(4, "d", "e", "", None))


# ---- verdicts ------------------------------------------------------------------------------------------------------


def test_251_steps_of_the_same_loss_are_called_not_learning_on_the_sheet():
    found = content([1.0] * 251, accuracy=[0.0] * 251)
    assert found.verdict.startswith("Not learning: the loss is 1 at the start, 1 now, after 251 values")
    assert "not learning" in texts(found).lower()


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (list(np.linspace(3, 1, 300)), ""),
        ([3.0] * 10 + [1.0] * 290, ""),  # a plateau far below the start has learned
        ([1.0] * 100, ""),  # too early to say
        (list(np.linspace(1, 2, 300)), "The loss is rising"),
        ([1.0, 2.0, NAN], "The loss is not a number since step 1"),
        ([-1.0] * 300, ""),  # a surrogate loss around zero has no level to fall from
    ],
)
def test_a_verdict_is_given_only_where_it_is_certain(loss: list[float], words: str):
    verdict = content(loss).verdict
    assert verdict.startswith(words) and bool(verdict) == bool(words)


def test_the_trend_is_not_bent_by_a_spike():
    steps = np.arange(20.0)
    values = 5.0 - 0.1 * steps
    values[10] = 1000.0
    assert theil_sen(steps, values) == pytest.approx(-0.1)


# ---- what is drawn -------------------------------------------------------------------------------------------------


def test_the_sheet_is_20_by_12_inches_at_150_dots_with_seven_panels():
    found = content([3.0, 2.0, 1.0], accuracy=[0.1, 0.2, 0.3], throughput=[9.0] * 3, rate=[1e-3] * 3)
    sheet = draw(found)
    assert (tuple(sheet.get_size_inches()), sheet.dpi) == ((20.0, 12.0), 150)
    assert len(sheet.axes) == 7 + 2  # and the colour bar, and the right axis of the recent panel
    with Image.open(io.BytesIO(png(found))) as picture:
        picture.load()
        assert (picture.size, picture.mode) == ((3000, 1800), "RGB")
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)


def test_lines_have_the_colours_and_dashes_they_are_known_by():
    found = content([3.0, 2.0, 1.0], accuracy=[0.1, 0.2, 0.3], throughput=[9.0] * 3, rate=[1e-3] * 3)
    loss, accuracy, throughput, rate, _, recent, *_ = draw(found).axes
    hues = [
        mpl.colors.rgb_to_hsv(mpl.colors.to_rgb(axes.lines[0].get_color()))[0]
        for axes in (loss, accuracy, throughput, rate)
    ]
    assert [round(hue * 360) // 30 for hue in hues] == [6, 4, 9, 1]  # blue, green, purple, orange
    assert not loss.lines[0].is_dashed() and loss.lines[1].is_dashed() and accuracy.lines[1].is_dashed()
    assert mpl.colors.to_rgb(loss.lines[1].get_color())[0] > 0.8  # red
    assert accuracy.get_ylim() == (0, 100) and rate.get_yscale() == "log"
    assert recent.get_ylabel() == "loss"


def test_the_table_has_its_green_head_and_cuts_after_forty_characters():
    found = content([1.0])
    full = Content(**{**vars(found), "samples": (SAMPLE, Sample(8, "x" * 41, "y" * 40))})
    words = texts(full)
    for expected in ("Step", "Input Text", "Model Output", "Accuracy", "x" * 40 + "...", "y" * 40, "50.0 %"):
        assert expected in words.splitlines()
    head = draw(full).axes[-1].patches[0] if draw(full).axes[-1].patches else draw(full).axes[6].patches[0]
    assert to_hex(head.get_facecolor()) == "#4caf50"


def test_words_are_tinted_by_whether_they_stand_in_the_target():
    assert agreement("2+2=5", "2+2=4") == [("2", True), ("+", True), ("2", True), ("=", True), ("5", False)]
    assert agreement("", "x") == []
    assert sum(len(piece) for piece, _ in agreement("word " * 20, "word")) == 40


def test_a_text_is_shown_on_one_line():
    assert cut("a\nb\tc\0") == "a↵b→c␀"


def test_panels_without_data_say_which_series_would_fill_them():
    words = texts(content())
    for expected in (
        "No loss was recorded. Log train/loss.", "No accuracy was recorded. Log train/accuracy.",
        "log train/tok_per_sec", "No learning rate was recorded. Log train/lr.",
        "It needs both train/loss and train/accuracy.", "Neither loss nor accuracy was recorded.",
        "No samples were recorded.",
    ):  # fmt: skip
        assert expected in words


def test_a_series_that_stands_in_for_another_is_drawn_under_its_own_name_and_not_judged():
    found = content_of_data(run_data({"rl/nll": [1.0] * 300, "reward": [0.5] * 300}))
    words = texts(found).splitlines()
    assert "rl/nll (no training loss recorded)" in words and "reward, % (no training accuracy recorded)" in words
    assert found.verdict == ""


def test_no_tick_of_the_recent_panel_lies_where_no_value_can():
    sheet = draw(content([3.0, 2.0, 1.0], accuracy=[0.2, 0.9, 1.0]))
    recent, right = sheet.axes[5], sheet.axes[RIGHT]
    assert min(recent.get_yticks()) >= 0 and max(right.get_yticks()) <= 100


def test_a_reward_that_is_no_share_of_1_is_drawn_as_it_was_logged():
    found = content_of_data(run_data({"reward": [-0.5, 0.5, 0.75], "train/loss": [3.0, 2.0, 1.0]}))
    sheet = draw(found)
    panel = sheet.axes[1]
    assert panel.get_title(loc="left") == "reward (no training accuracy recorded)"
    assert panel.get_title(loc="right") == "0.75"
    assert panel.get_ylim()[0] < -0.5 and 0.75 < panel.get_ylim()[1] < 2
    assert panel.lines[0].get_ydata().tolist() == [-0.5, 0.5, 0.75]
    assert sheet.axes[4].get_ylabel() == sheet.axes[RIGHT].get_ylabel() == "reward"


def test_a_score_is_a_percentage_only_where_it_can_be_one():
    assert [scored(one) for one in (0.5, 1.0, -1.0, 2.5, NAN, None)] == ["50.0 %", "100.0 %", "-1", "2.5", "–", "–"]


def test_the_scatter_has_ticks_between_losses_that_are_close():
    panel = draw(content([0.31, 0.25, 0.21], accuracy=[0.2, 0.5, 0.9])).axes[4]
    low, high = panel.get_xlim()
    assert len([tick for tick in panel.get_xticks() if low <= tick <= high]) >= 3


def test_ticks_are_plain_numbers_in_as_many_digits_as_they_need():
    words = Plain().format_ticks
    assert words([0.0, 1e-06, 2e-06]) == ["0", "1e-06", "2e-06"]
    assert words([99.955, 99.97, 99.985, 100.0]) == ["99.955", "99.97", "99.985", "100"]
    assert words([-0.5, 1e-17, 0.5]) == ["-0.5", "0", "0.5"]
    assert words([1e200]) == ["1e+200"] and words([]) == []


def test_no_panel_has_a_power_of_ten_in_its_corner_nor_words_off_the_sheet():
    sheet = draw(content([2.01e-6, 1.3e-6, 1.1e-6], accuracy=[0.99955, 0.9997, 1.0], throughput=[1.5e5] * 3))
    FigureCanvasAgg(sheet).draw()
    right = sheet.bbox.x1
    for axes in sheet.axes:
        assert axes.yaxis.get_offset_text().get_text() == "" and axes.xaxis.get_offset_text().get_text() == ""
        box = axes.get_tightbbox()
        assert box is not None and box.x1 <= right and box.x0 >= 0


def test_the_verdict_lies_on_no_other_words():
    found = content([4.605] * 251)
    sheet = draw(Content(**{**vars(found), "name": "n" * 200}))
    FigureCanvasAgg(sheet).draw()
    boxes = [text.get_window_extent() for text in sheet.texts]
    boxes += [axes.title.get_window_extent() for axes in sheet.axes] + [sheet.axes[0]._left_title.get_window_extent()]
    verdict = sheet.texts[2]
    assert verdict.get_text().startswith("▲  Not learning")
    patch = verdict.get_bbox_patch()
    assert patch is not None
    own = patch.get_window_extent()
    assert not [box for box in boxes if box is not boxes[2] and own.overlaps(box)]


def test_a_recent_panel_of_no_numbers_says_so():
    assert "None of these values is a finite number." in texts(content([NAN, INF], accuracy=[NAN, NAN]))


def test_learning_rates_of_zero_are_not_drawn_on_a_log_axis():
    assert "None of the 2 learning rates is above 0" in texts(content(rate=[0.0, 0.0]))


def test_a_constant_learning_rate_is_drawn_in_silence_at_any_length():
    feed = DashboardFeed("long")
    for step in range(5000):
        feed.add(step, rate=1e-3)
    low, high = draw(feed.content()).axes[3].get_ylim()
    assert low == pytest.approx(0.25e-3) and high == pytest.approx(4e-3)


def test_values_that_are_no_numbers_are_marked_at_the_edge():
    words = texts(content([1.0, NAN, INF, -INF, 1.0])).splitlines()
    assert {"NaN", "+Inf", "−Inf"} <= set(words)


@pytest.mark.parametrize(
    "found",
    [
        content(), content([1.0]), content([NAN]), content([INF, -INF]), content(accuracy=[0.5]),
        content([1.0, 2.0], accuracy=[0.5]), content([1e308, -1e308], accuracy=[1.0, 0.0], rate=[1e-12, 1e12]),
        content([1e308] * 300), content([1.0, 2.0], accuracy=[-5.0, 120.0]), content([NAN, NAN], accuracy=[0.1, 0.2]),
    ],
    ids=[
        "nothing", "one", "nan", "infinities", "accuracy only", "unequal", "extreme", "large", "accuracies beyond",
        "nan beside accuracy",
    ],
)  # fmt: skip
def test_any_run_can_be_drawn(found: Content):
    assert png(found).startswith(b"\x89PNG")


def test_it_can_be_drawn_dark():
    with Image.open(io.BytesIO(png(content([1.0]), theme="dark"))) as picture:
        assert picture.getpixel((5, 5)) == (15, 18, 22)


def test_names_and_texts_of_any_kind_can_be_drawn():
    found = content([1.0])
    odd = (Sample(1, "$x^2$ <b>", "漢字 😀 \ud7ff", "$", NAN), Sample(2, LONG, LONG, LONG, INF))
    assert png(Content(**{**vars(found), "name": LONG + "<b>$\\alpha", "samples": odd}))


def test_the_encoder_keeps_every_pixel():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(encoded(pixels))) as picture:
        assert np.array_equal(np.asarray(picture), pixels)


def test_large_numbers_are_short():
    assert [si(value) for value in (0.0, 999.5, 12_345, 1_250_000, 3e9)] == ["0", "999.5", "12.35k", "1.25M", "3G"]


def test_reduced_curves_say_that_they_are_means():
    words = texts(content(list(np.linspace(3, 1, 4001))))
    assert "lines are means, bands reach from the smallest to the largest value under them" in words


# ---- files ---------------------------------------------------------------------------------------------------------


def test_the_latest_file_is_byte_for_byte_the_newest(tmp_path):
    publish(b"first", tmp_path / "viz", 50)
    path = publish(b"second", tmp_path / "viz", 100)
    assert path.name == "training_step_000100.png"
    assert (path.read_bytes(), (tmp_path / "viz" / LATEST).read_bytes()) == (b"second", b"second")
    assert (tmp_path / "viz" / "training_step_000050.png").read_bytes() == b"first"
    assert len(list((tmp_path / "viz").iterdir())) == 3  # nothing temporary is left


def test_an_exact_curve_has_no_band():
    found = content([3.0, 2.0]).loss
    assert found is not None and isinstance(found.points, Reduced) and found.points.is_exact
