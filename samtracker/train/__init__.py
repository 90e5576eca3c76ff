"""Training: `samtrack train`. A step: data -> rollout -> losses -> optimizer -> checkpoint."""
