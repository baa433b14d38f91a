"""True loss landscapes: the loss on planes and lines through a model's weights, and its sharpest curvature."""
