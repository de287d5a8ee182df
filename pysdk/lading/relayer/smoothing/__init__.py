"""From reads to events: ordered by a watermark, smoothed to what appeared, moved and left."""
