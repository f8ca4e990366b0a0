"""The main job on real input: a trained checkpoint becomes the same network in the other framework, with proof."""
