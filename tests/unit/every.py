"""One test for a whole table: thousands of items take longer to hand out than to run."""

import functools
import inspect


def every(parameters, rows):
    """Call a test with each row in turn; what fails is shown together, each with its row.

    As with pytest's own ``parametrize``, one parameter takes a value, and several, with commas
    between their names, take as many values from each row.
    """
    names = parameters.replace(" ", "").split(",")
    rows = [(row,) if len(names) == 1 else row for row in rows]
    assert rows, f"no {parameters} to test with"

    def decorate(test):
        signature = inspect.signature(test)
        others = [p for name, p in signature.parameters.items() if name not in names]
        signature = signature.replace(parameters=others)

        @functools.wraps(test)
        def run(*args, **kwargs):
            given, failures = signature.bind(*args, **kwargs).arguments, []
            for row in rows:
                values = dict(zip(names, row, strict=True))
                try:
                    test(**values, **given)
                except Exception as error:
                    said = (f"{name} = {getattr(v, 'name', v)}" for name, v in values.items())
                    error.add_note(f"with {', '.join(said)}")
                    failures.append(error)
            if len(failures) == 1:
                raise failures[0]
            if failures:
                raise ExceptionGroup(f"for {len(failures)} of {len(rows)}", failures)

        run.__signature__ = signature
        return run

    return decorate
