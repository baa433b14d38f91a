"""The usage examples of the documents whose names we offer, line for line; `moved` changes their import lines only."""

ATTENTION = """
from nanochat.wandb_3d_viz import create_3d_attention_visualization
attn_viz = create_3d_attention_visualization(attention_weights, layer_idx=0, head_idx=0)
wandb.log({"3d/attention_layer0_head0": attn_viz})
"""
EMBEDDINGS = """
from nanochat.wandb_3d_viz import create_3d_embedding_trajectory
fig = create_3d_embedding_trajectory(embeddings_list, labels=labels, method='pca')
wandb.log({"3d/embedding_trajectory": fig})
"""
BUFFERS = """
from nanochat.wandb_3d_viz import GradientFlowBuffer, TrainingMetricsBuffer
metrics_buffer = TrainingMetricsBuffer(max_size=2000)  # Default: 1000
gradient_buffer = GradientFlowBuffer(num_layers=model.config.n_layer, max_steps=200)  # Default: 100
"""
MANUAL = """
from nanochat.wandb_3d_viz import (
    create_3d_loss_landscape,
    create_3d_gradient_flow,
    create_3d_rl_reward_landscape,
    create_3d_loss_gradient_reward_space
)

# Create custom visualization
metrics = metrics_buffer.get_arrays()
custom_fig = create_3d_loss_landscape(metrics, window_size=30)
wandb.log({"custom/my_viz": custom_fig})
"""
AS_HTML = """
wandb.log({"viz": wandb.Html(fig.to_html())})
"""
ENHANCED = """
from scripts.enhanced_wandb_logging import enhance_wandb_logging

# In your training loop:
enhance_wandb_logging(
    wandb_run=wandb_run,
    step=step,
    device=device,
    dt=dt,
    tokens_per_sec=tok_per_sec,
    mfu=mfu,
    flops_so_far=flops_so_far,
    total_training_time=total_training_time,
    training_stage="pretraining",  # or "midtraining", "sft", "rl"
    train_loss=loss.item(),
)
"""
INTEGRATION = """
# In base_train.py, mid_train.py, chat_sft.py, etc.
from scripts.enhanced_wandb_logging import enhance_wandb_logging, log_evaluation_metrics_3d

# Enhanced logging in training loop
enhance_wandb_logging(
    wandb_run=wandb_run,
    step=step,
    device=device,
    dt=dt,
    tokens_per_sec=tok_per_sec,
    mfu=mfu,
    flops_so_far=flops_so_far,
    total_training_time=total_training_time,
    training_stage="pretraining",
)

# Enhanced evaluation logging
metrics = {
    "mmlu_acc": mmlu_accuracy,
    "arc_easy_acc": arc_easy_accuracy,
    "gsm8k_acc": gsm8k_accuracy,
    "humaneval_acc": humaneval_accuracy,
}
log_evaluation_metrics_3d(
    wandb_run=wandb_run,
    step=step,
    metrics=metrics,
    training_stage="sft",
)
"""
APP = """
from scripts.weave_training_visualizer import create_complete_visualization_app

# Create visualizations for your project
app = create_complete_visualization_app("nanochat")
"""
COMMANDS = (
    "python scripts/weave_training_visualizer.py --project nanochat",
    "python scripts/weave_training_visualizer.py --project my-custom-project",
)


def moved(example: str) -> str:
    """The example with its import lines changed."""
    return example.replace("from nanochat.", "from belvedere.compat.").replace(
        "from scripts.", "from belvedere.compat."
    )
