"""The main job on real input: one order from a reader's log to the consumer's verdict, on a chain of its own."""

from lading.demo.run import Demonstration, demonstrate

__all__ = ["Demonstration", "demonstrate"]
