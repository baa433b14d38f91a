"""What a script can log with wandb, over 200 steps; what was logged is written to the file that is named."""

import json
import math
import struct
import sys
import wave
import zlib
from pathlib import Path

import numpy as np
import wandb

STEPS = 200
expected: list[dict[str, object]] = []


def plain(step: int) -> dict[str, object]:
    """One row of values that must come back equal."""
    row: dict[str, object] = {
        "loss": 1.0 / (step + 3), "accuracy": 1 - math.exp(-step / 50), "count": step * 7, "big": 2**53 + 2 * step,
        "flag": step % 2 == 0, "text": f"step {step}", "none": None, "numbers": [1, 2.5, "three", None],
        "nested": {"a": step, "deep": {"b": step / 7, "list": [step, {"c": True}]}}, "with.dot": step + 0.25,
        "section/with space": -step, "ümlaut/λ": step * 1e-9, "tiny": 5e-324, "huge": 1.7976931348623157e308,
    }  # fmt: skip
    if step % 10 == 3:
        row |= {"nan": float("nan"), "inf": float("inf"), "minus_inf": float("-inf")}
    if step % 20 == 0:
        row |= {"val/loss": 2.0 / (step + 1), "epoch": step // 20}
    return row


def png(path: Path) -> None:
    lines = b"".join(b"\0" + bytes([i * 30 % 256, 40, 200] * 8) for i in range(8))
    chunks = (b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")
    content = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def sound(path: Path) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes((np.sin(np.arange(800) / 5) * 8000).astype("<i2").tobytes())


def media(folder: Path) -> dict[str, object]:
    """One value of every media type."""
    import plotly.graph_objects as go

    png(folder / "picture.png")
    sound(folder / "sound.wav")
    (folder / "page.html").write_text("<b>bold</b>")
    (folder / "clip.gif").write_bytes(b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00"
                                      b"\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")  # fmt: skip
    (folder / "water.pdb").write_text("HETATM    1  O   HOH A   1       0.000   0.000   0.000\nEND\n")
    (folder / "tetra.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 3 4\nf 2 3 4\n")
    pixels = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    boxes = {"predictions": {"box_data": [
        {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6}, "class_id": 1, "box_caption": "cat",
         "scores": {"acc": 0.9}}], "class_labels": {1: "cat"}}}  # fmt: skip
    masks = {"truth": {"mask_data": (np.arange(256).reshape(16, 16) // 128).astype(np.uint8),
                       "class_labels": {0: "sky", 1: "ground"}}}  # fmt: skip
    table = wandb.Table(columns=["name", "score", "picture"])
    table.add_data("first", 0.5, wandb.Image(pixels))
    table.add_data("second", 0.25, wandb.Image(str(folder / "picture.png"), caption="a file"))
    points = np.random.default_rng(0).normal(size=(50, 3))
    corners = [[0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    box = {"corners": corners, "label": "box", "color": [123, 231, 111]}
    return {
        "media/histogram": wandb.Histogram(np.random.default_rng(1).normal(size=500)),
        "media/histogram_of_counts": wandb.Histogram(np_histogram=(np.array([1, 2, 3]), np.array([0.0, 1, 2, 3]))),
        "media/image": wandb.Image(pixels, caption="noise"),
        "media/image_file": wandb.Image(str(folder / "picture.png")),
        "media/overlays": wandb.Image(pixels, boxes=boxes, masks=masks),
        "media/images": [wandb.Image(pixels, caption="one"), wandb.Image(255 - pixels, caption="two")],
        "media/table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2.5, None], [float("nan"), "z"]]),
        "media/table_with_images": table,
        "media/points": wandb.Object3D(points),
        "media/coloured_points": wandb.Object3D(np.hstack([points, np.full((50, 3), 128.0)])),
        "media/scene": wandb.Object3D(
            {"type": "lidar/beta", "points": points, "vectors": np.array([]), "boxes": np.array([box])}),
        "media/mesh": wandb.Object3D(str(folder / "tetra.obj")),
        "media/sound": wandb.Audio(str(folder / "sound.wav"), caption="a tone"),
        "media/clip": wandb.Video(str(folder / "clip.gif"), caption="a dot", format="gif"),
        "media/page": wandb.Html("<h1>a page</h1>"),
        "media/page_file": wandb.Html(str(folder / "page.html")),
        "media/figure": wandb.Plotly(go.Figure(go.Scatter(x=[1, 2], y=[3, 1]))),
        "media/bare_figure": go.Figure(go.Bar(y=[1, 2, 3])),
        "media/molecule": wandb.Molecule(str(folder / "water.pdb")),
        "media/line": wandb.plot.line(wandb.Table(columns=["x", "y"], data=[[0, 1], [1, 4]]), "x", "y", title="a line"),
        "media/confusion": wandb.plot.confusion_matrix(
            y_true=[0, 1, 1], preds=[0, 1, 0], class_names=["cat", "dog"]),
    }  # fmt: skip


def main(out: Path) -> None:
    run = wandb.init(
        project="everything", name="a name", id="every001", group="a group", job_type="train", tags=["one", "two"],
        notes="some notes", config={"lr": 1e-3, "layers": [1, 2], "net": {"width": 64, "act": "gelu"}, "none": None},
    )  # fmt: skip
    run.define_metric("epoch", hidden=True)
    run.define_metric("val/*", step_metric="epoch")
    run.define_metric("loss", summary="min,last")
    run.config.update({"late": float("inf"), "seed": 7})
    print("a line on stdout")
    print("a line on stderr", file=sys.stderr)
    for step in range(STEPS):
        row = plain(step)
        expected.append(row)
        run.log(row)
    values = media(out.parent)
    run.log(values)
    (out.parent / "notes.txt").write_text("a saved file\n")
    run.save(str(out.parent / "notes.txt"), base_path=str(out.parent), policy="now")
    run.alert("look here", "the loss is fine", level=wandb.AlertLevel.WARN, wait_duration=0)
    artifact = wandb.Artifact("weights", type="model", description="of the test", metadata={"epochs": 3})
    with artifact.new_file("weights.bin", mode="wb") as file:
        file.write(bytes(range(256)))
    artifact.add_file(str(out.parent / "notes.txt"), name="texts/notes.txt")
    logged = run.log_artifact(artifact, aliases=["latest", "best"])
    if not run.offline:
        logged.wait()
    run.summary["best"] = 0.125
    run.summary.update({"verdict": "good", "nested": {"x": 1}})
    run.finish()
    out.write_text(json.dumps({"rows": expected, "media": sorted(values)}))


main(Path(sys.argv[1]).resolve())
