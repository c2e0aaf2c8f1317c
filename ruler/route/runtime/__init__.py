"""What goes on while events are routed. No I/O but the timers of the running loop, so all of it runs on any clock.

limits.py        how much is held at one time
intake.py        where events come in, and are planned
feed.py          one source that is read
watermark.py     how far a source is done
flight.py        events in flight: what is still to be answered, and what follows when all is
budget.py        how many events and bytes may be in flight
outlets.py       the ways to all targets: by name, through changes of rules, and on to dead letters
outlet.py        the way to one target: the following together
lanes.py         what may be sent next: per key, or at will
token_bucket.py  how fast
sending.py       one send: what a target answers, whatever it does
backoff.py       when again, and when no more
retries.py       what waits until then
brake.py         when to stop sending, instead of making dead letters of everything
ages.py          how old the oldest delivery is that is not answered
status.py        counters and states
problems.py      RouterError and those below it
"""
