"""Simulated ECUs on a real CAN protocol, with faults on demand."""
