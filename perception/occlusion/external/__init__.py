"""Amodal models that are not ours, behind `Method`: ONNX files and HTTP services."""
