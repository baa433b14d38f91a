"""What mid-training, supervised fine-tuning and reinforcement learning have in common."""
