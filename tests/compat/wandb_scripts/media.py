# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""One of everything."""

import numpy as np

import wandb

with wandb.init(
    project="media", job_type="eval", save_code=True, settings=wandb.Settings(start_method="thread")
) as run:
    pixels = np.random.randint(0, 255, (8, 8, 3), dtype=np.uint8)
    mask = np.zeros((8, 8), dtype=np.uint8)
    box = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1, "box_caption": "cat"}
    classes = wandb.Classes([{"id": 0, "name": "background"}, {"id": 1, "name": "cat"}])
    run.log({
        "image": wandb.Image(
            pixels, caption="a cat", classes=classes,
            boxes={"predictions": {"box_data": [box], "class_labels": {1: "cat"}}},
            masks={"predictions": {"mask_data": mask, "class_labels": {0: "background", 1: "cat"}}},
        ),
        "images": [wandb.Image(pixels, mode="RGB", file_type="png") for _ in range(3)],
        "histogram": wandb.Histogram(np.random.randn(100), num_bins=16),
        "from_numpy": wandb.Histogram(np_histogram=np.histogram([1, 2, 3])),
        "audio": wandb.Audio(np.zeros(100), sample_rate=8000, caption="silence"),
        "html": wandb.Html("<b>bold</b>", inject=False),
        "points": wandb.Object3D(np.random.rand(5, 6)),
        "cloud": wandb.Object3D.from_point_cloud(points=np.random.rand(5, 3), boxes=[], vectors=[]),
        "video": wandb.Video(np.zeros((2, 3, 8, 8), dtype=np.uint8), fps=4, format="gif"),
        "nested": {"a": 1, "b": {"c": 2}},
    })  # fmt: skip
