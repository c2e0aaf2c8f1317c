"""What is left after ``ruler run`` was killed again and again: nothing missing, nothing unexpected, order kept.

python -m bench.crashes                       # 100,000 lines, 50 kills; some minutes
python -m bench.crashes --lines 3000 --kills 5 --seed 7 --signal TERM
python -m bench.crashes --lines 20000 --kills 10 --rotations 8

workload.py   a file of events, and for each who must get it: the oracle
sink.py       an HTTP target as a process of its own that fails, stalls and dies, and keeps a ledger
producer.py   writes the file while it is routed, and rotates it, where that is asked for
drive.py      starts ``ruler run --once``, kills it at random moments and starts it again, until the file is done
ledgers.py    reads what the targets and the dead letters hold
check.py      compares that with the oracle, and says what is wrong and how much was delivered twice
"""
