"""One adapter a peer: `fit(frame, seed, epochs)` gives a model, `sample(model, rows, seed)` gives a frame.

They run inside the peers' own environments and know nothing of fivefold.
"""
