"""Training: `samtrack train`. A step: data -> rollout -> losses -> optimiser -> checkpoint."""
