"""One thin typed wrapper per contract: what it returns as models, what it does as calls ready to be sent. They never
import each other."""
