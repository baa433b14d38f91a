"""A chat model's later stages in a minute: mid-training, supervised fine-tuning and reinforcement learning on sums."""
