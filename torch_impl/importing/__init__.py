"""Reading PyTorch modules: what torch.export makes of one becomes a draft, function by function."""
