"""The engines of others that `python -m bench` measures beside ours, and how they are built (`build.py`).

Each compiled peer has a directory with a worker of its own, which speaks the protocol of ``bench/worker.py``. The peers
that are called from Python share that worker and one virtual environment, made of ``requirements.txt``.
"""
