"""What goes on while events are routed. No I/O but the timers of the running loop, so all of it runs on any clock.

watermark.py     how far a source is done
flight.py        events in flight: what is still to be answered, and what follows when all is
budget.py        how many events and bytes may be in flight
lanes.py         what may be sent next: per key, or at will
token_bucket.py  how fast
backoff.py       when again
brake.py         when to stop sending, instead of making dead letters of everything
ages.py          how old the oldest delivery is that is not answered
outlet.py        the way to one target: all of these together
outlets.py       the ways to all targets: by name, through changes of rules, and on to dead letters
feed.py          one source that is read
status.py        counters and states
limits.py        Limits
problems.py      RouterError and those below it
"""
