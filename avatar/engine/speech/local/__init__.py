"""Neural voices on this machine, each in a process and an environment of its own: their packages
pin versions of torch that exclude each other and ours.
"""
