"""Companies that speak, lip-sync and listen for us over the network.

    access.py    who they are, where, with which key
    caller.py    one call, and what its failure means
    journal.py   what was ordered and paid for, so that nothing is paid for twice
    orders.py    from an order to a file on this machine
    results.py   fetching what was made

One module a vendor beside them. None imports an SDK.
"""
