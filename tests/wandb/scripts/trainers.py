"""Hugging Face's Trainer and Lightning's WandbLogger train a tiny model, as their documentation shows them."""

import sys

import torch


def transformers() -> None:
    from transformers import Trainer, TrainingArguments

    class Tiny(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            out = self.layer(x).squeeze(-1)
            return {"loss": ((out - labels) ** 2).mean(), "logits": out}

    rows = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    examples = [{"x": row, "labels": row.sum()} for row in rows]
    arguments = TrainingArguments(
        output_dir="out", report_to="wandb", run_name="trainer", max_steps=30, logging_steps=5, eval_strategy="steps",
        eval_steps=10, save_strategy="no", use_cpu=True, per_device_train_batch_size=8, disable_tqdm=True,
        learning_rate=1e-2,
    )  # fmt: skip
    Trainer(model=Tiny(), args=arguments, train_dataset=examples, eval_dataset=examples[:16]).train()
    import wandb

    print(f"run {wandb.run.project}/{wandb.run.id}")
    wandb.finish()


def lightning() -> None:
    import lightning
    from lightning.pytorch.loggers import WandbLogger

    class Tiny(lightning.LightningModule):
        def __init__(self, lr: float = 1e-2) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: torch.Tensor, _: int) -> torch.Tensor:
            loss = ((self.layer(batch).squeeze(-1) - batch.sum(-1)) ** 2).mean()
            self.log("train/loss", loss)
            return loss

        def validation_step(self, batch: torch.Tensor, _: int) -> None:
            self.log("val/loss", ((self.layer(batch).squeeze(-1) - batch.sum(-1)) ** 2).mean())

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=self.hparams["lr"])

    loader = torch.utils.data.DataLoader(torch.randn(64, 4), batch_size=8)
    logger = WandbLogger(project="lightning", name="tiny", log_model="all")
    model = Tiny()
    logger.watch(model, log="all", log_freq=4)
    trainer = lightning.Trainer(
        max_epochs=4, logger=logger, accelerator="cpu", log_every_n_steps=2, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(model, loader, loader)
    print(f"run {logger.experiment.project}/{logger.experiment.id}")
    import wandb

    wandb.finish()


{"transformers": transformers, "lightning": lightning}[sys.argv[1]]()
