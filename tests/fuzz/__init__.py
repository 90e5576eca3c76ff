"""Fuzzing: damaged files, odd arguments and misuse of the API, each in a process of its own.

    make fuzz                        # 2,000 cases
    make fuzz CASES=200 SEED=7       # others
    make fuzz CASE=mask:123          # one again; its files stay

A case is a kind and a seed (`cases.py`). It starts from good files (`samples.py`), damages them
(`mutator.py`) and runs a command or a call on them in a child process (`zygote.py`); what came of
it is right or wrong by `verdict.py`.
"""
