"""From a graph to an artifact: PyTorch source, a module, torchinfo's table. The only place that may import torch."""
